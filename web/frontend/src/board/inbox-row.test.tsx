// @vitest-environment happy-dom
import { batch, type signal } from "@preact/signals";
import { options, type VNode } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type InboxEvent, type InboxState, reduceInbox } from "../core/inbox.ts";
import { board, drawn, mount } from "./app.fixture.tsx";
import { NOW, summaryOf } from "./board.fixture.ts";

/** The clients whose rows were drawn, and "head" for the open conversation's head, in turn. */
let redrawn: string[] = [];
const before = options.vnode ?? (() => undefined);
let unmount = (): void => undefined;

beforeEach(async () => {
  options.vnode = (vnode: VNode) => {
    const props = vnode.props as {
      readonly "data-testid"?: string;
      readonly "data-client"?: string;
      readonly id?: string;
    };
    if (props["data-testid"] === "row") redrawn.push(props["data-client"] ?? "");
    if (props.id === "wl-conversation-title") redrawn.push("head");
    before(vnode);
  };
  unmount = await mount();
  await drawn();
});
afterEach(() => {
  unmount();
  options.vnode = before;
});

const inbox = () => board.desk.inbox as ReturnType<typeof signal<InboxState>>;
const happen = (event: InboxEvent): void => {
  inbox().value = reduceInbox(inbox().value as InboxState, event);
};
/** Return what is drawn again after a change. */
async function redrawnAfter(change: () => void): Promise<readonly string[]> {
  redrawn = [];
  await act(change);
  return redrawn;
}
const rowOf = (client: string): HTMLElement | null => document.querySelector(`[data-client="${client}"]`);
const waitOf = (client: string): string => rowOf(client)?.querySelector(".wl-wait")?.textContent ?? "";

describe("a row is drawn again only when what it shows is another one", () => {
  test("a message draws its own row, and neither the others nor another open conversation", async () => {
    await act(() => board.open("c-2"));
    const changed = await redrawnAfter(() =>
      happen({
        type: "summary",
        summary: summaryOf("c-1", { rev: 2, name: "Maria Pop", waiting: NOW - 900_000, unread: 3 }),
      }),
    );
    expect(changed).toEqual(["c-1"]);
    expect(rowOf("c-1")?.querySelector(".wl-badge")?.textContent).toContain("3");
  });

  test("who types is shown without drawing any row whole", async () => {
    const typed = { type: "typing", sender: "c-1", client: "c-1", nowMs: NOW } as const;
    expect(await redrawnAfter(() => happen({ ...typed, on: true }))).toEqual([]);
    expect(rowOf("c-1")?.querySelector(".wl-row-typing")).not.toBeNull();
    expect(rowOf("c-2")?.querySelector(".wl-row-typing")).toBeNull();
    await redrawnAfter(() => happen({ ...typed, on: false }));
    expect(rowOf("c-1")?.querySelector(".wl-row-typing")).toBeNull();
  });

  test("the wait goes on, without drawing any row whole", async () => {
    const told = waitOf("c-2");
    const changed = await redrawnAfter(() => {
      board.now.value = NOW + 10 * 60_000;
    });
    expect(changed).toEqual([]);
    expect(waitOf("c-2")).not.toBe(told);
  });

  test("an opened conversation draws its row and the one that was open", async () => {
    await act(() => board.open("c-1"));
    const changed = await redrawnAfter(() => board.open("c-2"));
    expect(changed.filter((drawnOne) => drawnOne !== "head").sort()).toEqual(["c-1", "c-2"]);
    expect([rowOf("c-1"), rowOf("c-2")].map((row) => row?.getAttribute("aria-current"))).toEqual([null, "true"]);
  });

  test("a checked row alone is drawn again", async () => {
    await act(() => board.selection.begin());
    expect(await redrawnAfter(() => board.selection.toggle("c-1"))).toEqual(["c-1"]);
    const boxes = [...document.querySelectorAll<HTMLInputElement>(".wl-row-box")].map(({ checked }) => checked);
    expect(boxes).toEqual([true, false]);
  });

  test("a draft is shown in its row, which is not drawn whole", async () => {
    expect(await redrawnAfter(() => batch(() => board.drafts.set("c-1", "reply", "Good morning")))).toEqual([]);
    expect(rowOf("c-1")?.querySelector(".wl-row-question")?.textContent).toContain("Good morning");
  });
});

test("a row with nothing beside its question has no line for it", async () => {
  const facts = () => rowOf("c-1")?.querySelector(".wl-row-facts") ?? null;
  await redrawnAfter(() => happen({ type: "summary", summary: summaryOf("c-1", { rev: 2, unread: 1 }) }));
  expect(facts()).not.toBeNull();
  await redrawnAfter(() => happen({ type: "summary", summary: summaryOf("c-1", { rev: 3, unread: 0 }) }));
  expect(facts()).toBeNull();
});

test("a tag that a search found is marked", async () => {
  const tagged = summaryOf("c-2", { rev: 2, name: "Ion Dumitru", tags: ["bill", "outage"] });
  await act(() => happen({ type: "summary", summary: tagged }));
  await act(() => void (board.query.value = "outage"));
  const marks = () => [...document.querySelectorAll("[data-testid=results] [data-client=c-2] mark")];
  await vi.waitFor(() =>
    expect(marks().map(({ parentElement }) => parentElement?.className)).toEqual(["wl-chip wl-row-tag"]),
  );
  await act(() => void (board.query.value = ""));
});
