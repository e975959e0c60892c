import { describe, expect, test } from "vitest";
import type { Item } from "../core/view.ts";
import { pieces, rowsOf } from "./rows.ts";

const item = (place: number, more: Partial<Item> = {}): Item => ({
  key: `k${place}`,
  id: `m${place}`,
  seq: place,
  sender: "c-42",
  name: null,
  mine: false,
  side: "client",
  kind: "text",
  text: `words ${place}`,
  at: place * 1000,
  day: "d",
  firstOfDay: place === 1,
  firstOfGroup: true,
  tick: null,
  seenAt: null,
  refusal: null,
  edited: false,
  deleted: false,
  body: { seq: place, id: `m${place}`, from: "c-42", at: place * 1000, kind: "text", text: "words" },
  ...more,
});
const note = (at: number) => ({ id: `n${at}`, agent: "a-radu", name: "Radu", text: "a note", at });
const shape = (rows: ReturnType<typeof rowsOf>): string[] =>
  rows.map((row) => (row.row !== "said" ? row.row : row.ends ? "end" : "said"));

describe("rows", () => {
  test("a day, then groups; what is said in one minute is one group", () => {
    expect(shape(rowsOf([item(1), item(2, { firstOfGroup: false }), item(3)]))).toEqual(["day", "said", "end", "end"]);
  });

  test("an edited message ends its group: the line below says so of no other", () => {
    const items = [item(1, { edited: true }), item(2, { firstOfGroup: false })];
    expect(shape(rowsOf(items))).toEqual(["day", "end", "end"]);
  });

  test("an event stands alone, and a screen may leave its kind out", () => {
    const items = [item(1), item(2, { kind: "assigned" }), item(3)];
    expect(shape(rowsOf(items))).toEqual(["day", "end", "event", "end"]);
    expect(shape(rowsOf(items, { without: ["assigned"] }))).toEqual(["day", "end", "end"]);
  });

  test("a rating is a line, not a message; a changed one is left out, one that was not sent keeps its tools", () => {
    const items = [item(1), item(2, { kind: "resolved" }), item(3, { kind: "rating" }), item(4, { kind: "rating" })];
    const keys = (rows: ReturnType<typeof rowsOf>) => rows.map(({ row, key }) => `${row} ${key}`);
    expect(keys(rowsOf(items))).toEqual(["day day-d", "said k1", "event k2", "event k4"]);
    expect(shape(rowsOf([item(1, { kind: "rating", tick: "failed" })]))).toEqual(["day", "end"]);
    const unsent = [item(1, { kind: "rating" }), item(2, { kind: "rating", tick: "failed" })];
    expect(shape(rowsOf(unsent))).toEqual(["day", "event", "end"]); // the first one counts still
  });

  test("a note stands by its time and never splits a group", () => {
    const items = [item(1), item(2, { firstOfGroup: false }), item(3)];
    expect(shape(rowsOf(items, { notes: [note(9_000), note(1_500)] }))).toEqual([
      "day",
      "said",
      "end",
      "note",
      "end",
      "note",
    ]);
    expect(shape(rowsOf([], { notes: [note(1)] }))).toEqual(["note"]);
  });

  test("the line before what is new splits a group", () => {
    const items = [item(1), item(2, { firstOfGroup: false })];
    expect(shape(rowsOf(items, { firstUnread: "k2" }))).toEqual(["day", "end", "unread", "end"]);
  });
});

describe("links", () => {
  test("http and https become links, the sentence's punctuation does not", () => {
    expect(pieces("See https://example.org/a?b=1, or (http://x.org).")).toEqual([
      { text: "See ", href: null },
      { text: "https://example.org/a?b=1", href: "https://example.org/a?b=1" },
      { text: ", or (", href: null },
      { text: "http://x.org", href: "http://x.org" },
      { text: ").", href: null },
    ]);
  });

  test("nothing else does", () => {
    for (const text of ["javascript:alert(1)", "data:text/html,x", "https://", "mail a@b.org", "<b>no</b>"]) {
      expect(pieces(text)).toEqual([{ text, href: null }]);
    }
  });
});
