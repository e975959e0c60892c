// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { type Conversation, newConversation, reduce } from "../core/conversation.ts";
import { viewOf } from "../core/view.ts";
import { asEntry, type DeskNotice, type Entry } from "../protocol/payloads.ts";
import { textsFor, type WidgetTexts, widgetTextsFor } from "../ui/messages.ts";

import type { ChatActions } from "./actions.ts";
import { Chat } from "./chat.tsx";
import { draw } from "./later.tsx";
import { loadLater } from "./lazy.tsx";

vi.mock(import("./lazy.tsx"), async (original) => {
  const lazy = await original();
  return { ...lazy, loadLater: vi.fn(lazy.loadLater) };
});

vi.mock(import("./later.tsx"), { spy: true });

const until = (fact: () => boolean): Promise<void> => vi.waitFor(() => expect(fact()).toBe(true), { timeout: 5_000 });
let root: HTMLElement;
const sent: string[] = [];

const acts = {
  attach: async (file: File) => {
    sent.push(file.name);
    return file.size < 5;
  },
  say: (text: string) => sent.push(text),
  rest: () => undefined,
} as unknown as ChatActions;

/** Draw the chat of a conversation. */
function open(conversation: Conversation, notice: DeskNotice | null, own: Partial<WidgetTexts> = {}): void {
  const view = { ...viewOf(conversation, { nowMs: 1, dayOf: () => "d" }), loading: false };
  const shown = { connection: { state: "live", sinceMs: 0, reason: null }, notice, outage: null, draft: "" };
  act(() =>
    render(
      <Chat
        t={textsFor("en")}
        wt={{ ...widgetTextsFor("en"), ...own }}
        acts={acts}
        shown={
          {
            ...shown,
            view,
            card: null,
            now: 1,
            muted: false,
            permission: null,
            uploads: {},
            name: "",
            isKnown: true,
            isReopened: false,
            asksName: false,
          } as never
        }
      />,
      root,
    ),
  );
}

beforeEach(() => {
  sent.length = 0;
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  vi.stubGlobal("visualViewport", Object.assign(new EventTarget(), { height: 800, offsetTop: 0 }));
  vi.stubGlobal("createImageBitmap", async () => Promise.reject(new Error("no picture")));
  root = document.createElement("div");
  document.body.replaceChildren(root);
  open(newConversation("c-5", "c-5"), null);
});
afterEach(() => vi.unstubAllGlobals());

const choose = (...files: File[]): void => {
  const event = new Event("paste", { bubbles: true, cancelable: true });
  Object.assign(event, { clipboardData: { files } });
  root.querySelector(".wl-panel")?.dispatchEvent(event);
};
const sheet = (): HTMLElement | null => root.querySelector(".wl-sheet");

test("a sheet holds the focus alone; Escape closes it, sends nothing, and gives the field the focus", async () => {
  choose(new File(["x"], "one.jpg", { type: "image/jpeg" }), new File(["x"], "two.heic"));
  await until(() => sheet()?.textContent?.includes("This browser cannot read HEIC photos") ?? false);
  expect(sheet()?.querySelector("textarea")).toBe(document.activeElement);
  expect(root.querySelector(".wl-composer")?.hasAttribute("inert")).toBe(true);
  sheet()
    ?.querySelector("textarea")
    ?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  await until(() => document.activeElement === root.querySelector(".wl-composer textarea"));
  expect([sheet(), root.querySelector("[inert]")]).toEqual([null, null]);
  expect(sent).toEqual([]);
});

test("other files go at once, and one that is too large is told of", async () => {
  choose(new File(["x"], "bill.pdf"), new File(["too large"], "film.pdf"));
  await until(() => root.textContent?.includes("film.pdf is larger than 10 MB") ?? false);
  expect([sent, sheet()]).toEqual([["bill.pdf", "film.pdf"], null]);
});

test("files that are dropped while a form is open do not navigate away, and the form stays", async () => {
  choose(new File(["x"], "one.jpg", { type: "image/jpeg" }));
  await until(() => sheet() !== null);
  const before = sheet();
  const event = new Event("drop", { bubbles: true, cancelable: true });
  Object.assign(event, { dataTransfer: { types: ["Files"], files: [new File(["x"], "two.pdf")] } });
  await act(async () => void before?.dispatchEvent(event));
  expect([event.defaultPrevented, sheet() === before, sent]).toEqual([true, true, []]);
});

test("without the form, files are sent and photos are not, with a sentence; the next choice tries again", async () => {
  vi.mocked(loadLater).mockRejectedValueOnce(new Error("no connection"));
  const photo = new File(["x"], "one.jpg", { type: "image/jpeg" });
  choose(photo, new File(["x"], "two.heic"), new File(["x"], "bill.pdf", { type: "application/pdf" }));
  await until(() => root.textContent?.includes("could not be loaded. Check your connection.") ?? false);
  expect([sent, sheet()]).toEqual([["bill.pdf"], null]);
  choose(photo);
  await until(() => sheet() !== null);
  expect(root.textContent).not.toContain("could not be loaded");
});

test("the panel is as high as what a phone's keyboard leaves, and moves with it", () => {
  const panel = root.querySelector<HTMLElement>(".wl-panel");
  const shown = (): (string | undefined)[] =>
    ["--wl-view-height", "--wl-view-top"].map((name) => panel?.style.getPropertyValue(name));
  Object.assign(visualViewport as object, { height: 400 });
  visualViewport?.dispatchEvent(new Event("resize"));
  expect(shown()).toEqual(["400px", "0px"]);
  Object.assign(visualViewport as object, { offsetTop: 120 });
  visualViewport?.dispatchEvent(new Event("scroll"));
  expect(shown()).toEqual(["400px", "120px"]);
});

test("who waits is told that nobody is here only once the desk has said so", async () => {
  const away = new Map<string, unknown>();
  vi.mocked(draw).mockImplementation((_, part, props) => void away.set(part, "isAway" in props && props.isAway));
  const asked = asEntry({ id: "1", from: "c-5", kind: "text", text: "Why?", seq: 1, at: 1 }) as Entry;
  const { state } = reduce(newConversation("c-5", "c-5"), { type: "entry", entry: asked, nowMs: 1 });
  const nobody = { open: true, online: 0, agents: [], next: null, roll: "r", replyS: null };
  for (const [notice, isAway] of [
    [null, false],
    [nobody, true],
    [{ ...nobody, agents: [{ id: "a-ana", name: "Ana" }] }, false],
  ] as const) {
    act(() => render(null, root)); // the empty conversation before it shows the welcome
    open(state, notice as DeskNotice | null);
    await until(() => away.get("wait") === isAway);
    away.clear();
  }
});

const heard = (...said: Record<string, unknown>[]): Conversation =>
  said.reduce<Conversation>(
    (state, each, at) =>
      reduce(state, {
        type: "entry",
        entry: asEntry({ id: `${at}`, kind: "text", seq: at + 1, at: at + 1, ...each }) as Entry,
        nowMs: at + 1,
      }).state,
    newConversation("c-5", "c-5"),
  );
const asking = { from: "b-bot", text: "Which bill?", replies: ["October", "November"] };

test("a bot's suggested answers are offered until the conversation is resolved, never beside the rating", async () => {
  const parts = new Set<string>();
  vi.mocked(draw).mockImplementation((_, part) => void parts.add(part));
  for (const [said, wanted, other] of [
    [[asking], "replies", "ending"],
    [[asking, { from: "a-ana", kind: "resolved" }], "ending", "replies"],
  ] as const) {
    act(() => render(null, root));
    parts.clear();
    open(heard(...said), null);
    await until(() => parts.has(wanted));
    expect(parts).not.toContain(other);
  }
});

test("the welcome proposes the questions that the company has, as few as they are, else the product's three", () => {
  const questions = (): (string | null)[] =>
    [...root.querySelectorAll("[data-testid=home] button")].map(({ textContent }) => textContent);
  expect(questions().length).toBe(3);
  act(() => render(null, root));
  open(newConversation("c-5", "c-5"), null, { suggestion1: "Mine?", suggestion2: "", suggestion3: "" });
  expect(questions()).toEqual(["Mine?"]);
});

test("the welcome shows what a person wrote last, not what was answered automatically", () => {
  act(() => render(null, root));
  open(heard({ from: "c-5", text: "Why?" }, { from: "b-bot", text: "Thank you." }), null);
  act(() => root.querySelector<HTMLElement>(".wl-panel-head button")?.click()); // Back
  expect(root.querySelector(".wl-home-row")?.textContent).toContain("Why?");
});

test("Back and the welcome's row, which go as they are pressed, leave the focus in the message field", () => {
  act(() => render(null, root));
  open(heard({ from: "c-5", text: "Why?" }), null);
  const press = (name: string): boolean => {
    const button = root.querySelector<HTMLElement>(name);
    button?.focus();
    act(() => button?.click());
    return document.activeElement === root.querySelector(".wl-composer textarea");
  };
  expect([press(".wl-panel-head button"), press(".wl-home-row")]).toEqual([true, true]);
});
