import { describe, expect, test } from "vitest";
import type { Item } from "../core/view.ts";
import { DRAWN, drawnFrom } from "./message-list.tsx";

const log = (count: number, first = 1): Item[] =>
  Array.from({ length: count }, (_, place) => ({ key: `k${first + place}`, seq: first + place }) as Item);

describe("what is drawn of a conversation", () => {
  test("an ordinary one is drawn whole", () => {
    expect(drawnFrom([], { first: null, atEnd: true })).toBe(0);
    expect(drawnFrom(log(100), { first: null, atEnd: true })).toBe(0);
  });

  test("of hundreds that came at once the newest are drawn", () => {
    expect(drawnFrom(log(501), { first: null, atEnd: true })).toBe(451);
    expect(drawnFrom(log(501), { first: "k452", atEnd: true })).toBe(451);
  });

  test("each further message at the end does not change what is drawn above it", () => {
    let [first, changes]: [string | null, number] = [null, 0];
    for (let count = 1; count <= 500; count++) {
      const items = log(count);
      const from = drawnFrom(items, { first, atEnd: true });
      const next = from > 0 ? (items[from]?.key ?? null) : null;
      if (next !== first) changes++;
      first = next;
      expect(count - from).toBeLessThanOrEqual(100);
    }
    expect(changes).toBe(8);
  });

  test("nothing is taken from before the eyes of one who reads further up, whatever comes below", () => {
    expect(drawnFrom(log(501), { first: "k101", atEnd: false })).toBe(100);
    expect(drawnFrom(log(501), { first: null, atEnd: false })).toBe(0);
  });

  test("older ones that were fetched stand above what is drawn already", () => {
    expect(drawnFrom(log(200, 101), { first: null, atEnd: false })).toBe(0);
  });

  test("what is looked for is drawn", () => {
    expect(drawnFrom(log(501), { first: "k451", atEnd: true, wanted: 250 })).toBe(249);
    expect(drawnFrom(log(501), { first: "k451", atEnd: true, wanted: 480 })).toBe(450);
    expect(drawnFrom(log(501), { first: "k451", atEnd: true, wanted: 900 })).toBe(450);
  });

  test("another history begins at its own end", () => {
    expect(drawnFrom(log(3), { first: "k451", atEnd: true })).toBe(0);
    expect(drawnFrom(log(300, 1_001), { first: "k451", atEnd: true })).toBe(300 - DRAWN);
  });
});
