import { describe, expect, test } from "vitest";
import { comparison } from "./compare.tsx";
import { difference, ofStandard, ofWeekBefore, weekBefore } from "./consumption-compare.ts";
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
        nowMs: 2 * HOUR,
      }).words;
    expect([1004, 985, 1120, 720].map(words)).toEqual([
      "About as usual",
      "About as usual",
      "12% more than usual",
      "28% less than usual",
    ]);
  });
});
