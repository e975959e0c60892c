import { describe, expect, it } from "vitest";
import type { Entry, Marker } from "../protocol/payloads.ts";
import { DrivenConversation, text } from "./conversation.fixture.ts";
import { newConversation, reduce } from "./conversation.ts";
import { viewOf } from "./view.ts";

describe("view", () => {
  it("a message keeps its key from pending to stored, and its tick only goes forward", () => {
    const end = new DrivenConversation().live();
    end.say("m1");
    const ticks = [end.view().items[0]?.tick];
    const key = end.view().items[0]?.key;
    const ana = (marker: Marker) => end.on({ type: "marker", reader: "a-ana", marker } as never);
    end.on({ type: "entry", entry: text(1, "c-42", "m1") } as never);
    ticks.push(end.view().items[0]?.tick);
    ana({ delivered: 1, read: 0 });
    ticks.push(end.view().items[0]?.tick);
    end.at(7_000);
    ana({ delivered: 1, read: 1 });
    ana({ delivered: 1, read: 0 });
    ticks.push(end.view().items[0]?.tick);
    expect(ticks).toEqual(["sending", "stored", "delivered", "read"]);
    expect(end.view().items[0]).toMatchObject({ key, seenAt: 7_000 });
  });
  it("what waits is drawn at the end, in the sender's order", () => {
    const end = new DrivenConversation().live([text(1)]);
    end.say("m1");
    end.say("m2");
    end.on({ type: "entry", entry: text(2) } as never);
    expect(end.view().items.map((item) => item.id)).toEqual(["m1", "m2", "m1", "m2"]);
    expect(end.view().items.map((item) => item.seq)).toEqual([1, 2, null, null]);
  });
  it("is loading only while there is nothing at all to draw", () => {
    const end = new DrivenConversation();
    expect(end.view().loading).toBe(true);
    end.say("m1");
    expect(end.view().loading).toBe(false);
    expect(new DrivenConversation().live().view()).toMatchObject({ loading: false, empty: true });
  });
  it("what was unread is counted and marked where it began", () => {
    const end = new DrivenConversation().live([text(1), text(2, "c-42"), text(3)], {
      markers: { "c-42": { delivered: 1, read: 1 } },
    });
    expect(end.view().unread).toBe(1);
    end.on({ type: "look", visible: true } as never);
    expect(end.view()).toMatchObject({ unread: 0, firstUnreadKey: "a-ana/m3" });
  });
  it("groups one sender while no pause takes three minutes, and starts each day anew", () => {
    const at = (seq: number, from: string, ms: number): Entry => ({ ...text(seq, from), at: ms });
    const end = new DrivenConversation().live([
      at(1, "a-ana", 0),
      at(2, "a-ana", 179_999),
      at(3, "a-ana", 359_999),
      at(4, "c-42", 360_000),
      at(5, "c-42", 86_400_000),
    ]);
    expect(end.view().items.map((item) => item.firstOfGroup)).toEqual([true, false, true, true, true]);
    expect(end.view().items.map((item) => item.firstOfDay)).toEqual([true, false, false, false, true]);
  });
});

describe("the desk's inner life", () => {
  const events: Entry[] = (["opened", "assigned", "joined", "assigned", "resolved", "reopened"] as const).map(
    (kind, place) => ({
      seq: place + 1,
      id: `e-${place + 1}`,
      from: kind === "opened" ? "c-42" : "a-ana",
      at: 0,
      kind,
      ...(place === 1 ? { to: "a-radu" } : {}),
    }),
  );
  const shownTo = (me: string) => {
    const state = reduce(newConversation("c-42", me), {
      type: "kept",
      kept: {
        epoch: "1",
        erased: null,
        entries: events,
        first: 1,
        markers: {},
        own: { delivered: 0, read: 0 },
        names: {},
        seenAtMs: null,
      },
      nowMs: 0,
    }).state;
    return viewOf(state, { nowMs: 0, dayOf: () => "" }).items.map(({ kind }) => kind);
  };
  it("is hidden from the client: who took, joined, assigned or gave back; the desk sees all of it", () => {
    expect(shownTo("c-42")).toEqual(["opened", "resolved", "reopened"]);
    expect(shownTo("a-ana")).toEqual(events.map(({ kind }) => kind));
  });
});
