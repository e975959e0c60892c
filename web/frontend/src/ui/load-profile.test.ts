import { describe, expect, test } from "vitest";
import { knownUntil, lastUnusual, marked, peak, total, usual } from "./load-profile.ts";

const days = (...whs: number[]) => whs.map((wh, at) => ({ at, wh }));

describe("load profile", () => {
  test("what is usual is the median, so that one day with guests does not move it", () => {
    expect(usual([10, 12, 400])).toBe(12);
    expect(usual([10, 20])).toBe(15);
    expect(usual([])).toBe(0);
  });

  test("energy is known until the newest reading, however long ago, and never in the future", () => {
    expect([null, undefined, { at: 40 }, { at: 101 }].map((last) => knownUntil(last, 100))).toEqual([
      100, 100, 40, 100,
    ]);
  });

  test("what the server calls unusual is marked and nothing else, however high it is beside the others", () => {
    expect(marked(days(9000, 9500, 10_000, 9200, 24_000)).some((day) => day.unusual)).toBe(false);
    expect(
      marked([
        { at: 0, wh: 90 },
        { at: 1, wh: 80, unusual: true },
      ]).map((day) => day.unusual),
    ).toEqual([false, true]);
  });

  test("the peak is the earliest of the highest, and nothing has none", () => {
    expect(peak(days(1, 7, 7))?.at).toBe(1);
    expect(peak([])).toBeNull();
    expect(total(days(1, 7, 7))).toBe(15);
  });

  test("what stands out is the last run of unusual intervals, by themselves or by their hours; else the highest", () => {
    const odd = [
      { at: 0, wh: 9, unusual: true },
      { at: 1, wh: 1 },
      { at: 2, wh: 4, unusual: true },
      { at: 3, wh: 3, unusualHours: 2 },
      { at: 4, wh: 1, unusualHours: 0 },
    ];
    expect(lastUnusual(odd)).toEqual({ first: 2, last: 3 });
    expect(lastUnusual(days(1, 7, 7))).toEqual({ first: 1, last: 1 });
    expect(lastUnusual([])).toBeNull();
  });
});
