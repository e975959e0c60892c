import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Entry } from "../protocol/payloads.ts";
import { vectors } from "../vectors.ts";
import { asks, DrivenConversation, page, published, text } from "./conversation.fixture.ts";
import { EMPTY_LOG, hear, type Log, mergePage, NEWEST } from "./log.ts";

type Given = number | { seq: number; kind: "erased"; id: string };
const entryOf = (given: Given): Entry =>
  typeof given === "number" ? text(given) : { from: "s-bridge", at: 0, ...given };

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

describe("log", () => {
  it("whatever is said while one reader merges, it ends with the list of a reader who arrives later", () => {
    const seqs = (end: DrivenConversation): (number | null)[] => end.view().items.map((item) => item.seq);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 12 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        (cached, heard, size) => {
          const total = Math.max(20, cached);
          const all = Array.from({ length: total }, (_, place) => text(place + 1));
          const end = new DrivenConversation();
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
    const end = new DrivenConversation().live([text(1), text(2)], { markers: { "a-ana": { delivered: 2, read: 2 } } });
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
      const end = new DrivenConversation().live([text(1), text(2)], before);
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
    const end = new DrivenConversation().live([text(150)], { first: 1, last: 150 });
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
    const end = new DrivenConversation().live([text(1)]);
    end.on({ type: "offline", closed: false } as never);
    end.say("m1");
    const [asked] = asks(end.on({ type: "online" }));
    expect(published(end.on({ type: "page-failed", asked } as never))).toEqual(["m1"]);
  });
  it("an entry that this page cannot read is passed over, and asked for only twice", () => {
    const end = new DrivenConversation().live([text(1)]);
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
    const end = new DrivenConversation().live([text(1), text(2)]);
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
  it("a failed fetch is asked again only while connected", () => {
    const end = new DrivenConversation();
    const [ask] = asks(end.on({ type: "online" }));
    expect(asks(end.on({ type: "page-failed", asked: ask } as never))).toEqual([ask]);
    end.on({ type: "offline", closed: false } as never);
    expect(asks(end.on({ type: "page-failed", asked: ask } as never))).toEqual([]);
  });
});
