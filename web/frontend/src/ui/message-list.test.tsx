// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, describe, expect, test } from "vitest";
import type { ConversationView, Item } from "../core/view.ts";
import { MessageList, newSince } from "./message-list.tsx";
import { MESSAGE_PARTS } from "./message-parts.tsx";
import { textsFor } from "./messages.ts";

const ZONE = "Europe/Bucharest";
const AT = Date.parse("2026-11-24T14:02:00+02:00");
const t = textsFor("en");
let root: HTMLElement;

const item = (place: number, more: Partial<Item> = {}): Item => ({
  key: `k${place}`,
  id: `m${place}`,
  seq: place,
  sender: "a-ana",
  name: "Ana",
  mine: false,
  side: "agent",
  kind: "text",
  text: `words ${place}`,
  at: AT,
  day: "d",
  firstOfDay: place === 1,
  firstOfGroup: true,
  tick: null,
  seenAt: null,
  refusal: null,
  edited: false,
  deleted: false,
  body: { seq: place, id: `m${place}`, from: "a-ana", at: AT, kind: "text", text: "" },
  ...more,
});
const mine = (place: number, more: Partial<Item>): Item =>
  item(place, { sender: "c-42", mine: true, side: "client", name: null, ...more });
const view = (items: Item[], more: Partial<ConversationView> = {}): ConversationView => ({
  client: "c-42",
  items,
  typing: [],
  unread: 0,
  firstUnreadKey: null,
  hasOlder: false,
  loading: false,
  empty: items.length === 0,
  pending: 0,
  keptInMemoryOnly: false,
  last: items.length,
  ...more,
});
const calls: string[] = [];
const show = (shown: ConversationView, more: object = {}): void =>
  void act(() =>
    render(
      <MessageList
        view={shown}
        t={t}
        name="Maria Pop"
        now={AT}
        zone={ZONE}
        parts={MESSAGE_PARTS}
        onRetry={(id) => calls.push(`retry ${id}`)}
        onDiscard={(id) => calls.push(`discard ${id}`)}
        onOlder={() => calls.push("older")}
        {...more}
      />,
      root,
    ),
  );
const said = (): (string | null)[] =>
  [...root.querySelectorAll(".wl-message > .wl-hidden")].map((label) => label.textContent);
const bubble = (id: string): Element | null => root.querySelector(`[data-id="${id}"]`);

beforeEach(() => {
  calls.length = 0;
  root = document.createElement("div");
  document.body.replaceChildren(root);
});

describe("message list", () => {
  test("a bubble stays the same element when its tick shows another minute than its sender's clock", () => {
    const before = mine(1, { tick: "read" });
    const written = mine(2, { seq: null, tick: "sending", firstOfGroup: false });
    show(view([before, written]));
    const drawn = [bubble("m1"), bubble("m2")];
    expect(root.querySelectorAll(".wl-meta")).toHaveLength(1);
    const stored = mine(2, { tick: "stored", at: AT + 60_000, firstOfGroup: true });
    show(view([mine(1, { tick: "read" }), stored]));
    expect(root.querySelectorAll(".wl-meta")).toHaveLength(2);
    expect([bubble("m1"), bubble("m2")]).toEqual(drawn);
    expect(drawn.every((element) => element?.isConnected)).toBe(true);
  });

  test("words that a message quotes stand apart from its own, with the name of who said them", () => {
    const words = "The map says 13:00,\nand we have no power.";
    show(
      view([
        mine(1, { text: words }),
        item(2, { text: `${words.replace(/^/gm, "> ")}\nA second fault came.` }),
        item(3, { text: "> Gone since\nSo it is." }),
        item(4, { text: "5 > 4" }),
      ]),
    );
    const quote = (id: string) => bubble(id)?.querySelector("blockquote");
    expect([quote("m2")?.querySelector("b")?.textContent, quote("m2")?.textContent]).toEqual(["You", `You${words}`]);
    expect(bubble("m2")?.querySelector(".wl-bubble")?.textContent).toBe(`You${words}A second fault came.`);
    expect([quote("m3")?.textContent, quote("m4")]).toEqual(["Gone since", null]);
  });

  test("who, when and how far it came are text beside every bubble; an agent reads when it was read", () => {
    show(
      view([
        item(1),
        mine(2, { tick: "read" }),
        mine(3, { tick: "read", seenAt: AT + 60_000 }),
        mine(4, { tick: "delivered" }),
        mine(5, { tick: "stored" }),
        mine(6, { tick: "sending", seq: null }),
      ]),
    );
    expect(said()).toEqual([
      "Ana, 14:02: ",
      "You, 14:02, read: ",
      "You, 14:02, read: ",
      "You, 14:02, delivered: ",
      "You, 14:02, sent: ",
      "You, 14:02, sending: ",
    ]);
    show(view([{ ...mine(3, { tick: "read", seenAt: AT + 60_000 }), side: "agent" }]), { side: "agent" });
    expect(said()).toEqual(["You, 14:02, read 14:03: "]);
  });

  test("it is a log that is announced politely, and can be reached by keyboard", () => {
    show(view([item(1)]));
    const log = root.querySelector("[role=log]");
    expect(log?.getAttribute("aria-live")).toBe("polite");
    expect(log?.getAttribute("aria-label")).toBe("Messages with Maria Pop");
    expect(log?.getAttribute("tabindex")).toBe("0");
  });

  test("what is refused for what it is cannot be tried again, only taken back", () => {
    for (const why of ["too_large", "wrong_type", "broken_image", "file_lost"]) {
      show(view([mine(1, { tick: "failed", seq: null, refusal: { why, text: "" } })]));
      expect([...root.querySelectorAll(".wl-meta-failed button")].map((button) => button.textContent)).toEqual([
        "Delete",
      ]);
    }
  });

  test("what was not sent says why, and can be tried again or taken back", () => {
    show(view([mine(1, { tick: "failed", seq: null, refusal: { why: "too_long", text: "It is too long." } })]));
    expect(root.querySelector(".wl-meta-failed")?.textContent).toContain("Not sent: It is too long.");
    for (const button of root.querySelectorAll<HTMLButtonElement>(".wl-meta-failed button")) button.click();
    expect(calls).toEqual(["retry m1", "discard m1"]);
  });

  test("why it was not sent is told in the page's language, an agent's reasons too", () => {
    for (const lang of ["ro", "de"] as const)
      for (const why of ["internal", "other_team", "disk_low"]) {
        const refused = mine(1, { tick: "failed", seq: null, refusal: { why, text: "English." } });
        show(view([refused]), { t: textsFor(lang) });
        expect(root.querySelector(".wl-meta-failed")?.textContent).toMatch(/: .{20}/);
        expect(root.textContent).not.toContain("English.");
      }
  });

  test("words are text, whatever they look like", () => {
    show(view([item(1, { text: "<img src=x onerror=alert(1)>" })]));
    expect(root.querySelector("img")).toBeNull();
    expect(root.querySelector(".wl-bubble")?.textContent).toBe("<img src=x onerror=alert(1)>");
  });

  test("a note says that only agents see it; an event is one sentence; a deleted word leaves its place", () => {
    show(view([item(1, { kind: "resolved" }), item(2, { deleted: true, text: "" })]), {
      notes: [{ id: "n", agent: "a-radu", name: "Radu", text: "timer replaced", at: AT + 1 }],
    });
    expect(root.querySelector(".wl-note")?.textContent).toContain("Internal note · Radu · 14:02timer replaced");
    expect(root.querySelector(".wl-event")?.textContent).toBe("Ana resolved this conversation · 14:02");
    expect(root.querySelector(".wl-bubble")?.textContent).toBe("Message deleted");
  });

  test("a note's mentions are bold by the server's rule: in brackets and by id, in an address none", () => {
    const text = "(@Ana) @a-radu ion@example.com";
    show(view([]), { notes: [{ id: "n", agent: "a-radu", name: "Radu", text, at: AT }] });
    expect([...root.querySelectorAll(".wl-note b")].map(({ textContent }) => textContent)).toEqual(["@Ana", "@a-radu"]);
  });

  test.each([
    ["@Radu Marin, can you look?", ["@Radu Marin"]],
    ["fragt @radu marin und @Ștefan-Ion Țepeș.", ["@radu marin", "@Ștefan-Ion Țepeș"]],
    ["@Stefan-Ion Tepes și @Anna Maria von der Höhe", ["@Stefan-Ion Tepes", "@Anna Maria von der Höhe"]],
    ["@Anna war da, @Radu Marinescu nicht", ["@Anna", "@Radu"]],
  ])("a mention in %j is bold with its whole name", (text, bold) => {
    const mentionable = ["Radu", "Radu Marin", "Ștefan-Ion Țepeș", "Anna", "Anna Maria von der Höhe"];
    show(view([]), { notes: [{ id: "n", agent: "a-radu", name: "Radu", text, at: AT }], mentionable });
    expect([...root.querySelectorAll(".wl-note b")].map(({ textContent }) => textContent)).toEqual(bold);
    expect(root.querySelector(".wl-note")?.textContent).toContain(text);
  });

  test("nothing, not yet anything, and more to load each have a face", () => {
    show(view([]));
    expect(root.textContent).toContain("No messages yet");
    show(view([], { loading: true, empty: false }));
    expect(root.querySelector("[aria-busy=true]")?.textContent).toContain("Loading");
    show(view([item(1)], { hasOlder: true, typing: [{ sender: "a-ana", name: "Ana" }] }));
    root.querySelector<HTMLButtonElement>(".wl-earlier button")?.click();
    expect(calls).toEqual(["older"]);
    expect(root.querySelector(".wl-typing")?.textContent).toBe("Ana is typing");
  });

  test("a reader at the end stays there when the window changes its size, and leaves it by scrolling up", () => {
    show(view([item(1)]));
    const log = root.querySelector(".wl-log") as HTMLElement;
    let [scrollHeight, clientHeight] = [1_000, 700];
    Object.defineProperties(log, {
      scrollHeight: { get: () => scrollHeight },
      clientHeight: { get: () => clientHeight },
    });
    const scroll = (to: number): void =>
      void act(() => {
        log.scrollTop = to;
        log.dispatchEvent(new Event("scroll"));
      });
    const isAway = (): boolean => root.querySelector(".wl-new") !== null;
    scroll(300);
    [scrollHeight, clientHeight] = [1_400, 300];
    scroll(290); // the browser's own, before it is known to be resized
    expect(isAway()).toBe(false);
    scroll(1_100);
    scroll(900);
    expect(isAway()).toBe(true);
  });

  test("of 500 that come at once the newest are drawn, and the others, which are here, as they are asked for", () => {
    const many = Array.from({ length: 500 }, (_, place) => item(place + 1));
    const drawn = (): number[] =>
      [...root.querySelectorAll<HTMLElement>("[data-seq]")].map(({ dataset }) => Number(dataset.seq));
    const upTo = (from: number): number[] => Array.from({ length: 501 - from }, (_, place) => from + place);
    const press = (): void =>
      act(() => root.querySelector<HTMLButtonElement>(".wl-earlier button")?.click()) as unknown as undefined;
    show(view([item(1)]));
    show(view(many, { hasOlder: true }));
    expect(drawn()).toEqual(upTo(451));
    expect(root.querySelectorAll(".wl-day")).toHaveLength(1);
    for (let from = 401; from > 0; from -= 50) {
      press();
      expect(drawn()).toEqual(upTo(from));
    }
    expect(calls).toEqual([]);
    press();
    expect(calls).toEqual(["older"]);
    show(view(many));
    expect(root.querySelector(".wl-earlier")).toBeNull();
  });

  test("on paper stands everything loaded, and that earlier messages are missing; then the screen is as before", () => {
    const many = Array.from({ length: 180 }, (_, place) => item(place + 1));
    const count = (): number => root.querySelectorAll("[data-seq]").length;
    const tell = (event: string): void => void act(() => void dispatchEvent(new Event(event)));
    const notPrinted = "Earlier messages are not printed.";
    show(view([item(1)]), { notPrinted });
    show(view(many, { hasOlder: true }), { notPrinted });
    tell("beforeprint");
    expect([count(), root.querySelector(".wl-earlier")?.textContent]).toEqual([180, notPrinted]);
    tell("afterprint");
    expect([count(), root.querySelector(".wl-earlier")?.textContent]).toEqual([50, "Load earlier messages"]);
    tell("beforeprint");
    show(view(many), { notPrinted });
    expect([count(), root.querySelector(".wl-earlier")]).toEqual([180, null]);
    tell("afterprint");
  });

  test("an entry that is looked for is drawn, however far up it stands", () => {
    const many = Array.from({ length: 500 }, (_, place) => item(place + 1));
    show(view(many), { wanted: 7 });
    expect(bubble("m7")).not.toBeNull();
    expect(bubble("m6")).toBeNull();
  });

  test("notes of what is not drawn are not drawn either", () => {
    const many = Array.from({ length: 500 }, (_, place) => item(place + 1, { at: AT + place }));
    const note = (id: string, at: number) => ({ id, agent: "a-radu", name: "Radu", text: id, at });
    show(view(many), { notes: [note("old", AT + 10), note("new", AT + 450)] });
    expect([...root.querySelectorAll(".wl-note")].map(({ textContent }) => textContent)).toEqual([
      expect.stringContaining("new"),
    ]);
  });

  test("only the other side's words count as new below", () => {
    expect(newSince([item(1), item(2), mine(3, {}), item(4, { kind: "assigned" }), item(5)], "k1")).toBe(2);
  });
});
