import { describe, expect, test } from "vitest";
import { comparison } from "./compare.tsx";
import {
  COMPARED,
  difference,
  fitting,
  monthBefore,
  ofStandard,
  ofWeekBefore,
  weekBefore,
} from "./consumption-compare.ts";
import { compareTextsFor } from "./messages.ts";

const ZONE = "Europe/Bucharest";
const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);

describe("what stands beside the consumption", () => {
  test("a day stands beside the same weekday of the week before, also across a change of the clocks", () => {
    // On 25 October 2026 the clocks went back: the week is an hour longer than seven times 24.
    const own = [
      { at: at("2026-10-28T00:00:00+02:00"), wh: 5 },
      { at: at("2026-10-29T00:00:00+02:00"), wh: 6 },
    ];
    const before = [{ at: at("2026-10-21T00:00:00+03:00"), wh: 50 }];
    expect(ofWeekBefore(own, before, ZONE)).toEqual([50, null]);
    const asked = weekBefore({ from: own[0]?.at ?? 0, to: at("2026-10-30T00:00:00+02:00") });
    expect(asked.from).toBeLessThanOrEqual(before[0]?.at ?? 0);
  });

  test("an hour stands beside the same hour of the clock", () => {
    const own = [{ at: at("2026-10-28T07:00:00+02:00"), wh: 1 }];
    const before = [7, 8].map((hour) => ({ at: at(`2026-10-21T0${hour}:00:00+03:00`), wh: hour }));
    expect(ofWeekBefore(own, before, ZONE)).toEqual([7]);
  });

  test("a month stands beside the month before, day by day, and the words name it", () => {
    const day = (text: string, wh: number) => ({ at: at(`${text}T00:00:00+02:00`), wh });
    const own = [day("2026-11-01", 112), day("2026-11-02", 112), day("2026-11-30", 112), day("2026-12-01", 9)];
    const span = monthBefore({ from: own[0]?.at ?? 0, to: at("2026-12-01T00:00:00+02:00") }, ZONE);
    expect(span).toEqual({ from: at("2026-10-01T00:00:00+03:00"), to: own[0]?.at });
    const points = [1, 2].map((date) => ({ at: at(`2026-10-0${date}T00:00:00+03:00`), wh: 100 }));
    const said = (["en", "ro", "de"] as const).map((lang) => {
      const t = compareTextsFor(lang);
      const untilMs = at("2026-12-01T06:00:00+02:00");
      return comparison({ t, compared: "month", own: own.slice(0, 3), others: { points }, zone: ZONE, untilMs });
    });
    expect(said.map(({ words }) => words.replace(/\s/gu, " "))).toEqual([
      "12% more than in October 2026",
      "12 % peste octombrie 2026",
      "12 % mehr als im Oktober 2026",
    ]);
    expect(said[0]?.beside).toEqual({ wh: [100, 100, null], name: "October 2026", short: "October 2026" });
  });

  test("a comparison that a chart cannot show becomes the one that it can; a year has a standard household alone", () => {
    expect([
      fitting("week", "month"),
      fitting("month", "day"),
      fitting("month", "week"),
      fitting("usual", "month"),
    ]).toEqual(["month", "week", "week", "usual"]);
    expect(COMPARED.map((compared) => fitting(compared, "year"))).toEqual(["none", "none", "none", "none", "standard"]);
  });

  test("a day without readings in some of its hours is not compared, on either side", () => {
    const day = (text: string, wh: number, hoursWithout = 0) => ({ at: at(`${text}T00:00+02:00`), wh, hoursWithout });
    const own = [day("2026-11-10", 1, 20), day("2026-11-11", 6), day("2026-11-12", 9)];
    const before = [day("2026-11-03", 5), day("2026-11-04", 5), day("2026-11-05", 1, 16)];
    const beside = ofWeekBefore(own, before, ZONE);
    expect(beside).toEqual([5, 5, null]);
    expect(difference(own, beside, at("2026-11-20T00:00+02:00"))).toBeCloseTo(0.2);
  });

  test("the standard stands where it begins at the same moment", () => {
    expect(
      ofStandard(
        [
          { at: 1, wh: 5 },
          { at: 2, wh: 5 },
        ],
        [{ at: 2, wh: 9 }],
      ),
    ).toEqual([null, 9]);
  });

  test("the difference counts what is known on both sides and is over", () => {
    const own = [0, 1, 2, 3].map((hour) => ({ at: hour * HOUR, to: (hour + 1) * HOUR, wh: 112 }));
    expect(difference(own, [100, null, 100, 1000], 3.5 * HOUR)).toBeCloseTo(0.12);
    expect(difference(own, [null, null, null, null], 9 * HOUR)).toBeNull();
    expect(difference([], [], 0)).toBeNull();
  });

  test("a difference that is rounding only is called usual; no 0 % is shown", () => {
    const words = (wh: number): string =>
      comparison({
        t: compareTextsFor("en"),
        compared: "usual",
        own: [{ at: 0, to: HOUR, wh, usualWh: 1000 }],
        others: null,
        zone: ZONE,
        untilMs: 2 * HOUR,
      }).words;
    expect([1004, 985, 1120, 720].map(words)).toEqual([
      "About as usual",
      "About as usual",
      "12% more than usual",
      "28% less than usual",
    ]);
  });
});
