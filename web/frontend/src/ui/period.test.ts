import { describe, expect, test } from "vitest";

import { midnight } from "./format.ts";
import { moved, spanOf } from "./period.ts";

const ZONE = "Europe/Bucharest";
const HOUR = 3_600_000;

describe("periods of the calendar", () => {
  test("a day begins at its own midnight, and has 23 or 25 hours where the clock changes", () => {
    const hours = (day: string): number => {
      const { from, to } = spanOf("day", day, ZONE);
      return (to - from) / HOUR;
    };
    expect(new Date(midnight("2026-11-28", ZONE)).toISOString()).toBe("2026-11-27T22:00:00.000Z");
    expect([hours("2026-03-29"), hours("2026-10-25"), hours("2026-11-28")]).toEqual([23, 25, 24]);
  });

  test("the month before 31 March is February, the year after is the next one's first day", () => {
    expect([moved("month", "2026-03-31", -1), moved("year", "2026-11-28", 1), moved("day", "2026-03-01", -1)]).toEqual([
      "2026-02-01",
      "2027-01-01",
      "2026-02-28",
    ]);
  });
});
