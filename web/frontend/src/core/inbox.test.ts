import { describe, expect, it } from "vitest";
import { summaryOf } from "../protocol/summary.fixture.ts";
import { vectors } from "../vectors.ts";
import { countsOf, EMPTY_INBOX, isTyping, listOf, questionOf, reduceInbox, settled } from "./inbox.ts";

describe("inbox", () => {
  const summary = (client: string, rev: number, rest = {}): any => summaryOf(client, { rev, ...rest });
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
    expect(isTyping(state, "c-1", 5_999)).toBe(true);
    expect(isTyping(state, "c-1", 6_000)).toBe(false);
    expect(countsOf(state.summaries, "a-ana")).toEqual({ mine: 0, unassigned: 3, all: 3, snoozed: 0, resolved: 0 });
  });
});
