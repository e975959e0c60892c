import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Entry, Marker } from "../protocol/payloads.ts";
import { vectors } from "../vectors.ts";
import { type Conversation, type Effect, type Event, newConversation, reduce, wakesMs } from "./conversation.ts";
import { countsOf, EMPTY_INBOX, listOf, questionOf, reduceInbox, rowOf, settled } from "./inbox.ts";
import { EMPTY_LOG, hear, type Log, type LogPage, mergePage, NEWEST } from "./log.ts";
import { highest, otherSide, tickOf } from "./markers.ts";
import { endRoll, hearPresence, type Present, roll, somebody } from "./presence.ts";
import { type Composing, endTyping, heardTyping, whoComposes } from "./typing.ts";
import { viewOf } from "./view.ts";

const text = (seq: number, from = "a-ana", id = `m${seq}`): Entry => ({
  seq,
  id,
  from,
  at: seq * 1_000,
  kind: "text",
  text: `words ${seq}`,
});
type Given = number | { seq: number; kind: "erased"; id: string };
const entryOf = (given: Given): Entry =>
  typeof given === "number" ? text(given) : { from: "s-bridge", at: 0, ...given };
const page = (entries: readonly Entry[], rest: Partial<LogPage> = {}): LogPage => ({
  entries,
  first: 1,
  last: entries.at(-1)?.seq ?? 0,
  epoch: "e1",
  markers: {},
  names: {},
  ...rest,
});

/** Drives a conversation like a link would, with a clock of its own. */
class End {
  state: Conversation;
  effects: Effect[] = [];
  nowMs = 0;
  constructor(me = "c-42", client = "c-42") {
    this.state = newConversation(client, me);
  }
  on(event: Omit<Event, "nowMs"> & { type: Event["type"] }): readonly Effect[] {
    const reduced = reduce(this.state, { ...event, nowMs: this.nowMs } as Event);
    this.state = reduced.state;
    this.effects.push(...reduced.effects);
    return reduced.effects;
  }
  at(nowMs: number): this {
    this.nowMs = nowMs;
    return this;
  }
  say(id: string): readonly Effect[] {
    return this.on({ type: "say", said: { id, kind: "text", text: id, sent: this.nowMs } } as never);
  }
  live(entries: readonly Entry[] = [], rest: Partial<LogPage> = {}): this {
    this.on({ type: "online" });
    this.on({ type: "page", asked: { before: NEWEST }, page: page(entries, rest) } as never);
    return this;
  }
  view() {
    return viewOf(this.state, { nowMs: this.nowMs, dayOf: (at) => String(Math.floor(at / 86_400_000)) });
  }
}
const published = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) => (effect.do === "publish" ? [effect.pending.id] : []));
const marks = (effects: readonly Effect[]): Marker[] =>
  effects.flatMap((effect) => (effect.do === "mark" ? [effect.marker] : []));
const asks = (effects: readonly Effect[]) => effects.flatMap((effect) => (effect.do === "fetch" ? [effect.ask] : []));

describe("merge (vectors)", () => {
  it.each(vectors("merge").cases as any[])("$promise", ({ start, steps }) => {
    let log: Log = {
      ...EMPTY_LOG,
      epoch: start.epoch,
      last: start.last,
      erased: start.erased ?? null,
      known: start.epoch !== null,
    };
    for (const { live, page: given, expect: expected } of steps) {
      const merged = live
        ? hear(log, entryOf(live))
        : mergePage(
            log,
            log.asked ?? { after: log.last },
            page(given.entries.map(entryOf), { first: given.first, last: given.last, epoch: given.epoch }),
          );
      log = merged.log;
      const ask = log.asked;
      // A browser that holds nothing asks for the newest page, not for all from the start.
      const after = ask === null ? null : "after" in ask ? ask.after : ask.before === NEWEST ? 0 : null;
      expect({
        shown: merged.fresh.map((entry) => entry.seq),
        last: log.last,
        fetch_after: after,
        dropped: merged.renewed,
      }).toEqual(expected);
    }
  });
});

describe("markers (vectors)", () => {
  const { raised, desk, ticks } = vectors("markers");
  it.each(raised as any[])("$have and $said make $expect", (each) =>
    expect(highest(each.have, each.said)).toEqual(each.expect),
  );
  it.each(desk as any[])("the client sees the maximum over the agents: $markers", (each) =>
    expect(otherSide(each.markers, "c-42", "c-42")).toEqual(each.expect),
  );
  it.each((ticks as any[]).filter((each) => each.seq !== null))("$promise", (each) =>
    expect(tickOf(each.seq, each.peer)).toBe(each.expect),
  );
});

describe("typing (vectors)", () => {
  it.each(vectors("typing").cases as any[])("$promise", ({ steps }) => {
    let composing: Composing = {};
    for (const step of steps) {
      if (step.heard) composing = heardTyping(composing, step.heard.sender, step.heard.on, step.at);
      if (step.entry) composing = endTyping(composing, step.entry);
      if (step.expect) expect(whoComposes(composing, step.at)).toEqual(step.expect);
    }
  });
});

describe("presence (vectors)", () => {
  it.each(vectors("presence").cases as any[])("$promise", ({ steps }) => {
    let present: Present = {};
    for (const step of steps) {
      if (step.heard)
        present = hearPresence(present, "a-ana", { conn: step.heard[0], state: step.heard[1], viewing: null });
      if (step.roll) present = roll(present);
      if (step.roll_ended) present = endRoll(present);
      expect(somebody(present, "a-ana").state).toBe(step.expect);
    }
  });
});

describe("outbox (vectors)", () => {
  it.each(vectors("outbox").cases as any[])("$promise", ({ start, steps }) => {
    const end = new End();
    if (start !== "down") end.live();
    for (const step of steps) {
      end.at(step.at);
      let effects: readonly Effect[] = [];
      if (step.say) effects = end.say(step.say);
      if (step.entry)
        effects = end.on({ type: "entry", entry: { at: 0, kind: "text", text: "x", ...step.entry } } as never);
      if (step.tick) effects = end.on({ type: "tick" });
      if (step.down) effects = end.on({ type: "offline", closed: true } as never);
      if (step.up) {
        const asked = asks(end.on({ type: "online" }));
        effects = end.on({ type: "page", asked: asked[0], page: page(end.state.log.entries) } as never);
      }
      if (step.roll) effects = end.on({ type: "rolled" });
      if (step.refusal)
        effects = end.on({
          type: "refusal",
          refusal: { text: "", ...step.refusal, retryMs: step.refusal.retry_ms ?? null },
        } as never);
      const { items } = end.state.outbox;
      const ids = (failed: boolean) => items.filter((item) => (item.failed !== null) === failed).map((item) => item.id);
      expect(published(effects)).toEqual(step.expect.pub);
      expect(ids(false)).toEqual(step.expect.pending);
      if (step.expect.failed) expect(ids(true)).toEqual(step.expect.failed);
    }
  });
});

describe("outbox", () => {
  it("pauses grow, with jitter, up to a minute and a quarter", () => {
    const end = new End().live();
    end.say("m1");
    const gaps: number[] = [];
    for (let count = 0; count < 8; count++) {
      const due = wakesMs(end.state) as number;
      gaps.push(due - end.nowMs);
      end.at(due);
      expect(published(end.on({ type: "tick", jitter: 0.5 } as never))).toEqual(["m1"]);
    }
    expect(gaps[0]).toBe(5_000);
    expect([...gaps].sort((one, other) => one - other)).toEqual(gaps);
    expect(gaps.at(-1)).toBeLessThanOrEqual(75_000);
  });
  it("another tab sends the head only when it is still unticked after 5 s", () => {
    const end = new End().live().at(1_000);
    const items = [
      { id: "m1", client: "c-42", atMs: 1_000, said: { id: "m1", kind: "text", text: "x", sent: 1_000 }, failed: null },
    ];
    expect(published(end.on({ type: "list", items } as never))).toEqual([]);
    expect(published(end.at(5_999).on({ type: "tick" }))).toEqual([]);
    expect(published(end.at(6_000).on({ type: "tick" }))).toEqual(["m1"]);
  });
  it("a message of an earlier visit is sent as soon as the line is there", () => {
    const end = new End().at(100_000);
    const items = [
      { id: "m1", client: "c-42", atMs: 1_000, said: { id: "m1", kind: "text", text: "x", sent: 1_000 }, failed: null },
    ];
    end.on({ type: "list", items } as never);
    expect(published(end.on({ type: "online" }))).toEqual(["m1"]);
  });
  it("a list that still names what the log carries does not bring it back", () => {
    const end = new End().live([text(1, "c-42", "m1")]);
    const items = [
      { id: "m1", client: "c-42", atMs: 0, said: { id: "m1", kind: "text", text: "x", sent: 0 }, failed: null },
    ];
    const effects = end.on({ type: "list", items } as never);
    expect(end.state.outbox.items).toEqual([]);
    expect(effects).toContainEqual({ do: "keep", change: { do: "drop", id: "m1" } });
  });
  it("a resend that is answered with an entry of long ago is ticked", () => {
    const end = new End().live([text(1), text(2), text(3)]);
    end.say("old");
    end.on({ type: "entry", entry: text(2, "c-42", "old") } as never);
    expect(end.state.outbox.items).toEqual([]);
  });
  it("a snapshot ticks what it carries", () => {
    const end = new End().live();
    end.say("m1");
    end.on({ type: "offline", closed: true } as never);
    end.live([text(1, "c-42", "m1")]);
    expect(end.state.outbox.items).toEqual([]);
    expect(end.view().items.map((item) => item.key)).toEqual(["c-42/m1"]);
  });
  it("a close long after the publish is not blamed on it", () => {
    const end = new End().live();
    end.say("m1");
    for (let count = 0; count < 5; count++) {
      end.at(end.nowMs + 5_001).on({ type: "offline", closed: true } as never);
      end.on({ type: "online" });
    }
    expect(end.state.outbox.items[0]?.failed).toBeNull();
  });
  it("retry keeps the id and goes to the end; discard forgets", () => {
    const end = new End().live();
    end.say("m1");
    end.on({ type: "refusal", refusal: { id: "m1", why: "x", text: "No.", retryMs: null } } as never);
    end.say("m2");
    expect(end.view().items.map((item) => [item.id, item.tick])).toEqual([
      ["m1", "failed"],
      ["m2", "sending"],
    ]);
    end.on({ type: "retry", id: "m1" } as never);
    expect(end.state.outbox.items.map((item) => item.id)).toEqual(["m2", "m1"]);
    end.on({ type: "discard", id: "m1" } as never);
    expect(end.state.outbox.items.map((item) => item.id)).toEqual(["m2"]);
  });
  it("a command is ticked by a Summary that did it", () => {
    const end = new End("a-ana").live();
    end.on({ type: "order", command: { id: "k1", do: "resolve", client: "c-42" } } as never);
    expect(published(end.effects)).toEqual(["k1"]);
    end.on({ type: "done", ids: ["k1"] } as never);
    expect(end.state.outbox.items).toEqual([]);
  });
});

describe("log", () => {
  it("whatever is said while one reader merges, it ends with the list of a reader who arrives later", () => {
    const seqs = (end: End): (number | null)[] => end.view().items.map((item) => item.seq);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 12 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        (cached, heard, size) => {
          const total = Math.max(20, cached);
          const all = Array.from({ length: total }, (_, place) => text(place + 1));
          const end = new End();
          const kept = {
            epoch: "e1",
            erased: null,
            entries: all.slice(0, cached),
            first: 1,
            markers: {},
            own: { delivered: 0, read: 0 },
            names: {},
            seenAtMs: null,
          };
          end.on({ type: "kept", kept } as never);
          let open = asks(end.on({ type: "online" }));
          for (const seq of heard) open = [...open, ...asks(end.on({ type: "entry", entry: text(seq) } as never))];
          for (let round = 0; open.length > 0 && round < 60; round++) {
            const asked = open[0] as (typeof open)[number];
            const found =
              "after" in asked
                ? all.slice(asked.after, asked.after + size)
                : all.slice(Math.max(0, Math.min(total, asked.before - 1) - size), asked.before - 1);
            open = [
              ...open.slice(1),
              ...asks(end.on({ type: "page", asked, page: page(found, { last: total }) } as never)),
            ];
          }
          while (end.view().hasOlder) {
            const [asked] = asks(end.on({ type: "older" }));
            if (!asked || !("before" in asked)) break;
            end.on({
              type: "page",
              asked,
              page: page(all.slice(Math.max(0, asked.before - 1 - size), asked.before - 1), { last: total }),
            } as never);
          }
          expect(seqs(end)).toEqual(all.map((entry) => entry.seq));
        },
      ),
    );
  });
  it("another epoch drops cache and markers and keeps the outbox", () => {
    const end = new End().live([text(1), text(2)], { markers: { "a-ana": { delivered: 2, read: 2 } } });
    end.on({ type: "offline", closed: false } as never);
    end.say("m1");
    end.on({ type: "online" });
    const effects = end.on({ type: "page", asked: { after: 2 }, page: page([], { epoch: "e2", last: 1 }) } as never);
    expect(effects).toContainEqual({ do: "forget" });
    expect(asks(effects)).toEqual([{ before: NEWEST }]);
    expect(end.state.markers).toEqual({});
    expect(end.state.outbox.items.map((item) => item.id)).toEqual(["m1"]);
  });
  it("an erasure drops what was written before it, also where it was missed, and nothing of it goes out", () => {
    const before = { epoch: "e1", at: 5 };
    const erased = { seq: 1, kind: "erased", id: "x9", from: "s-bridge", at: 9 } as Entry;
    for (const missed of [true, false]) {
      const end = new End().live([text(1), text(2)], before);
      end.on({ type: "offline", closed: false } as never);
      end.say("m1");
      if (!missed) end.on({ type: "online" });
      const effects = missed ? end.on({ type: "online" }) : end.on({ type: "entry", entry: erased } as never);
      expect(published(effects)).toEqual([]);
      const asked = asks(effects)[0];
      const after = end.on({ type: "page", asked, page: page([erased], { epoch: "e2" }) } as never);
      expect(published(after)).toEqual([]);
      expect(after).toContainEqual({ do: "erase", unsent: ["m1"] });
      expect(end.state.outbox.items).toEqual([]);
      expect(published(end.say("m2"))).toEqual(["m2"]);
    }
  });
  it("an old erasure that is told again drops nothing, nor does a restore of what had been erased", () => {
    const erased = { seq: 1, kind: "erased", id: "x9", from: "s-bridge", at: 1 } as Entry;
    const end = new End().live([text(150)], { first: 1, last: 150 });
    end.say("m1");
    const [asked] = asks(end.on({ type: "entry", entry: erased } as never));
    end.on({ type: "page", asked, page: page([erased, text(2)], { last: 2 }) } as never);
    expect(end.state.outbox.items.map((item) => item.id)).toEqual(["m1"]);
    end.on({ type: "offline", closed: false } as never);
    const [again] = asks(end.on({ type: "online" }));
    const restored = page([erased, text(2)], { epoch: "e3" });
    expect(published(end.on({ type: "page", asked: again, page: restored } as never))).toEqual(["m1"]);
  });
  it("without the server's log what is unsent goes out all the same", () => {
    const end = new End().live([text(1)]);
    end.on({ type: "offline", closed: false } as never);
    end.say("m1");
    const [asked] = asks(end.on({ type: "online" }));
    expect(published(end.on({ type: "page-failed", asked } as never))).toEqual(["m1"]);
  });
  it("an entry that this page cannot read is passed over, and asked for only twice", () => {
    const end = new End().live([text(1)]);
    expect(asks(end.on({ type: "entry", entry: text(3) } as never))).toEqual([{ after: 1 }]);
    const rest = page([text(3), text(4)], { last: 4 });
    expect(asks(end.on({ type: "page", asked: { after: 1 }, page: rest } as never))).toEqual([]);
    expect(end.view().items.map((item) => item.seq)).toEqual([1, 3, 4]);
    const holed = page([text(5), text(7)], { last: 7 });
    expect(asks(end.on({ type: "page", asked: { after: 4 }, page: holed } as never))).toEqual([{ after: 5 }]);
    expect(asks(end.on({ type: "page", asked: { after: 5 }, page: page([text(7)], { last: 7 }) } as never))).toEqual(
      [],
    );
    expect(end.state.log.last).toBe(7);
  });
  it("an edit changes the entry it names, a deletion takes its words, and both keep the seq", () => {
    const end = new End().live([text(1), text(2)]);
    end.on({
      type: "entry",
      entry: { seq: 3, id: "k", from: "a-ana", at: 0, kind: "edited", of: 1, text: "new" },
    } as never);
    end.on({ type: "entry", entry: { seq: 4, id: "l", from: "a-ana", at: 0, kind: "deleted", of: 2 } } as never);
    expect(end.view().items.map(({ seq, text: words, edited, deleted }) => ({ seq, words, edited, deleted }))).toEqual([
      { seq: 1, words: "new", edited: true, deleted: false },
      { seq: 2, words: "", edited: false, deleted: true },
    ]);
  });
  it("a failed fetch is asked again only while the line is up", () => {
    const end = new End();
    const [ask] = asks(end.on({ type: "online" }));
    expect(asks(end.on({ type: "page-failed", asked: ask } as never))).toEqual([ask]);
    end.on({ type: "offline", closed: false } as never);
    expect(asks(end.on({ type: "page-failed", asked: ask } as never))).toEqual([]);
  });
});

describe("own marker", () => {
  it("delivered is said at once, read only for a chat that is visible", () => {
    const end = new End();
    end.on({ type: "online" });
    expect(marks(end.on({ type: "page", asked: { before: NEWEST }, page: page([text(1), text(2)]) } as never))).toEqual(
      [{ delivered: 2, read: 0 }],
    );
    expect(marks(end.on({ type: "look", visible: true } as never))).toEqual([{ delivered: 2, read: 2 }]);
    expect(marks(end.on({ type: "entry", entry: text(3) } as never))).toEqual([{ delivered: 3, read: 3 }]);
    expect(marks(end.on({ type: "entry", entry: text(4, "c-42") } as never))).toEqual([]);
  });
  it("is said again after a snapshot where the stored one is lower", () => {
    const end = new End().live([text(1)]);
    end.on({ type: "look", visible: true } as never);
    end.on({ type: "offline", closed: false } as never);
    end.on({ type: "online" });
    const effects = end.on({ type: "page", asked: { after: 1 }, page: page([], { last: 1 }) } as never);
    expect(marks(effects)).toEqual([{ delivered: 1, read: 1 }]);
    const [again] = [
      end.on({
        type: "page",
        asked: { after: 1 },
        page: page([], { last: 1, markers: { "c-42": { delivered: 1, read: 1 } } }),
      } as never),
    ];
    expect(marks(again as readonly Effect[])).toEqual([]);
  });
  it("is not said before a snapshot was merged", () => {
    const end = new End();
    end.on({ type: "look", visible: true } as never);
    expect(marks(end.on({ type: "entry", entry: text(1) } as never))).toEqual([]);
  });
});

describe("what says nothing new", () => {
  it("leaves the state as it was, so that nothing is drawn anew", () => {
    const end = new End().live([text(1), text(2)], { markers: { "a-ana": { delivered: 2, read: 1 } } });
    end.on({ type: "look", visible: true } as never);
    end.on({ type: "names", names: { "a-ana": "Ana", "a-radu": "Radu" } } as never);
    const before = end.state;
    const again: object[] = [
      { type: "names", names: { "a-radu": "Radu" } },
      { type: "marker", reader: "c-42", marker: { delivered: 2, read: 2 } }, // the broker's copy of my own
      { type: "marker", reader: "a-ana", marker: { delivered: 1, read: 1 } },
      { type: "rolled" },
    ];
    for (const event of again) {
      end.on(event as never);
      expect(end.state).toBe(before);
    }
    end.on({ type: "names", names: { "a-radu": "Radu P." } } as never);
    end.on({ type: "marker", reader: "a-ana", marker: { delivered: 2, read: 2 } } as never);
    expect(end.view().items[0]?.tick).toBeNull();
    expect([end.state.names["a-radu"], end.state.markers["a-ana"]?.read]).toEqual(["Radu P.", 2]);
  });
});

describe("a refusal that asks for a long wait", () => {
  it("is shown with its reason, and a short one is waited for", () => {
    const shown = [900, 3_600_000].map((retryMs) => {
      const end = new End().live();
      end.say("m1");
      end.on({ type: "refusal", refusal: { id: "m1", why: "quota", text: "Enough.", retryMs } } as never);
      return end.state.outbox.items[0]?.failed;
    });
    expect(shown).toEqual([null, { why: "quota", text: "Enough." }]);
  });
});

describe("names", () => {
  it("an agent whom neither page nor notice named yet is asked for once, with the entry's own page", () => {
    const end = new End().live([text(1)]);
    const known = asks(end.on({ type: "entry", entry: { ...text(2), from: "c-42" } } as never));
    const unknown = asks(end.on({ type: "entry", entry: { ...text(3), from: "a-zoe" } } as never));
    expect([known, unknown]).toEqual([[], [{ after: 2 }]]);
    const named = page([{ ...text(3), from: "a-zoe" }], { last: 3, names: { "a-zoe": "Zoe" } });
    end.on({ type: "page", asked: { after: 2 }, page: named } as never);
    expect(asks(end.on({ type: "entry", entry: { ...text(4), from: "a-zoe" } } as never))).toEqual([]);
    expect(end.view().items.at(-1)?.name).toBe("Zoe");
  });
});

describe("own typing", () => {
  it("is repeated every 3 s, ends when emptied, and sending cancels it", () => {
    const end = new End().live();
    const said = (on: boolean) => end.on({ type: "compose", on } as never).filter((effect) => effect.do === "typing");
    expect(said(true)).toEqual([{ do: "typing", on: true }]);
    expect(end.at(2_999) && said(true)).toEqual([]);
    expect(end.at(3_000) && said(true)).toEqual([{ do: "typing", on: true }]);
    expect(said(false)).toEqual([{ do: "typing", on: false }]);
    expect(said(false)).toEqual([]);
    said(true);
    end.say("m1");
    expect(said(false)).toEqual([]);
  });
});

describe("view", () => {
  it("a message keeps its key from pending to stored, and its tick only goes forward", () => {
    const end = new End().live();
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
    const end = new End().live([text(1)]);
    end.say("m1");
    end.say("m2");
    end.on({ type: "entry", entry: text(2) } as never);
    expect(end.view().items.map((item) => item.id)).toEqual(["m1", "m2", "m1", "m2"]);
    expect(end.view().items.map((item) => item.seq)).toEqual([1, 2, null, null]);
  });
  it("is loading only while there is nothing at all to draw", () => {
    const end = new End();
    expect(end.view().loading).toBe(true);
    end.say("m1");
    expect(end.view().loading).toBe(false);
    expect(new End().live().view()).toMatchObject({ loading: false, empty: true });
  });
  it("what was unread is counted and marked where it began", () => {
    const end = new End().live([text(1), text(2, "c-42"), text(3)], { markers: { "c-42": { delivered: 1, read: 1 } } });
    expect(end.view().unread).toBe(1);
    end.on({ type: "look", visible: true } as never);
    expect(end.view()).toMatchObject({ unread: 0, firstUnreadKey: "a-ana/m3" });
  });
  it("groups one sender while no pause takes three minutes, and starts each day anew", () => {
    const at = (seq: number, from: string, ms: number): Entry => ({ ...text(seq, from), at: ms });
    const end = new End().live([
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

describe("inbox", () => {
  const summary = (client: string, rev: number, rest = {}): any => ({
    client,
    rev,
    status: "open",
    assignee: null,
    priority: "normal",
    tags: [],
    unread: 0,
    last: null,
    name: null,
    online: false,
    waiting: null,
    notes: 0,
    until: null,
    did: [],
    delayed: [],
    mentions: [],
    question: null,
    answered: null,
    area: null,
    lang: null,
    ...rest,
  });
  it("what a new connection, or a bridge that began anew, says of a row is newer than what was held, whatever its rev", () => {
    const held = reduceInbox(EMPTY_INBOX, { type: "summary", summary: summary("c-1", 9, { unread: 2 }) });
    const restored = summary("c-1", 3, { unread: 1 });
    for (const type of ["offline", "rolled"] as const) {
      const gone = reduceInbox(held, { type });
      const live = reduceInbox(gone, { type: "summary", summary: restored });
      const asked = reduceInbox(gone, { type: "snapshot", summaries: [restored], names: {} });
      for (const state of [live, asked]) {
        expect(state.summaries["c-1"]).toBe(restored);
        expect(reduceInbox(state, { type: "summary", summary: summary("c-1", 2) }).summaries["c-1"]).toBe(restored);
      }
    }
  });
  it("whoever wrote in the same moment stands in the order that people count in", () => {
    const rows = ["c-u10", "c-u1", "c-u2"].map((client) => summary(client, 1));
    const { summaries } = reduceInbox(EMPTY_INBOX, { type: "snapshot", summaries: rows, names: {} });
    expect(listOf(summaries, "all", "a-ana").map(({ client }) => client)).toEqual(["c-u1", "c-u2", "c-u10"]);
  });
  it("a row's question is the client's last words, whoever spoke since", () => {
    const said = (from: string, more: object) => ({ seq: 4, id: "m4", from, at: 9, ...more });
    const words = { seq: 4, at: 9, kind: "text", text: "why?" };
    expect(questionOf(summary("c-1", 1, { last: said("c-1", { kind: "text", text: "why?" }) }))).toEqual(words);
    const file = said("c-1", { kind: "file", file: { name: "bill.pdf" } });
    expect(questionOf(summary("c-1", 1, { last: file }))).toEqual({ ...words, kind: "file", text: "bill.pdf" });
    for (const last of [
      said("a-ana", { kind: "text", text: "x" }),
      said("c-1", { kind: "rating", rating: { score: 5 } }),
    ])
      expect(questionOf(summary("c-1", 1, { last, question: words }))).toBe(words);
    expect(questionOf(summary("c-1", 1))).toBeNull();
  });
  it.each(vectors("delayed").cases as any[])("delayed commands show at once: $promise", (given) => {
    const delayed = given.delayed.map((each: object, n: number) => ({ agent: "a-ana", id: `k${n}`, at: 9, ...each }));
    expect(settled(summary("c-1", 1, { ...given.start, delayed }))).toMatchObject(given.expect);
  });
  it("a row stands in the list and in the count where its delayed command will put it", () => {
    const delayed = [{ agent: "a-ana", id: "k", do: "resolve", at: 9 }];
    const rows = { "c-1": summary("c-1", 1, { delayed }) };
    expect(listOf(rows, "resolved", "a-ana").length).toBe(1);
    expect(countsOf(rows, "a-ana")).toEqual({ mine: 0, unassigned: 0, all: 0, snoozed: 0, resolved: 1 });
    const mentions = [{ agent: "a-ana", by: "a-radu", id: "n1" }];
    expect(listOf({ "c-1": summary("c-1", 1, { mentions }) }, "mine", "a-ana").length).toBe(1);
  });
  it("of two rows the higher rev holds, whatever came first", () => {
    let state = reduceInbox(EMPTY_INBOX, { type: "summary", summary: summary("c-1", 5, { unread: 2 }) });
    state = reduceInbox(state, { type: "snapshot", summaries: [summary("c-1", 4), summary("c-2", 1)], names: {} });
    expect(state.summaries["c-1"]).toMatchObject({ rev: 5, unread: 2 });
    expect(state.summaries["c-2"]).toBeDefined();
  });
  it("who has waited longest comes first, and typing is shown for 6 s", () => {
    let state = EMPTY_INBOX;
    for (const each of [summary("c-1", 1), summary("c-2", 1, { waiting: 20 }), summary("c-3", 1, { waiting: 10 })])
      state = reduceInbox(state, { type: "summary", summary: each });
    expect(listOf(state.summaries, "all", "a-ana").map((row) => row.client)).toEqual(["c-3", "c-2", "c-1"]);
    state = reduceInbox(state, { type: "typing", client: "c-1", sender: "c-1", on: true, nowMs: 0 });
    expect(rowOf(state, summary("c-1", 1), 5_999).typing).toBe(true);
    expect(rowOf(state, summary("c-1", 1), 6_000).typing).toBe(false);
    expect(countsOf(state.summaries, "a-ana")).toEqual({ mine: 0, unassigned: 3, all: 3, snoozed: 0, resolved: 0 });
  });
});
