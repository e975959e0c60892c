import { describe, expect, test } from "vitest";
import { differenceToUsual, month, powerNow, today } from "./figures.ts";

const ZONE = "Europe/Bucharest";
const HOUR = 3_600_000;
const NOW = Date.parse("2026-11-24T14:04:00+02:00");

const MIDNIGHT = Date.parse("2026-11-24T00:00:00+02:00");

/** Every hour of two days uses 500 Wh, as usual, those of today as given, and the one that runs as much of it as it ran. */
function hours(ofToday: number, now = NOW, midnight = MIDNIGHT) {
  const points = [];
  for (let at = midnight - 24 * HOUR; at < now; at += HOUR) {
    points.push({ at, wh: (at >= midnight ? ofToday : 500) * Math.min(1, (now - at) / HOUR), usualWh: 500 });
  }
  return points;
}

describe("the portal's figures", () => {
  test("a meter that sends no power shows none, and never 0", () => {
    expect([null, 0].map((w) => powerNow("en", { w })).map((text) => text.replace(/\s/gu, " "))).toEqual([
      "–",
      "0.00 kW",
    ]);
  });

  test("today begins at the platform's midnight", () => {
    expect(today(hours(500), NOW, ZONE)).toBe(14 * 500 + (500 * 4) / 60);
    expect(today(hours(500), NOW, "UTC")).toBe(12 * 500 + (500 * 4) / 60);
  });

  test("today is compared with the usual of its chart until this minute, not with whole hours; else with nothing", () => {
    const whole = NOW - 4 * 60_000;
    expect(differenceToUsual(hours(500, whole), whole, ZONE)).toBeCloseTo(0);
    expect(differenceToUsual(hours(440, whole), whole, ZONE)).toBeCloseTo(-0.12);
    expect(differenceToUsual(hours(500), NOW, ZONE)).toBeCloseTo(0);
    expect(differenceToUsual([], NOW, ZONE)).toBeNull();
    const [first, ...rest] = hours(500).reverse();
    expect(differenceToUsual([...rest, { at: NOW, wh: 500, ...first, usualWh: null }], NOW, ZONE)).toBeNull();
  });

  test("of a silent meter today is compared with the usual until its newest reading", () => {
    const last = NOW - 34 * 60_000; // 13:30
    expect(differenceToUsual(hours(440, last), last, ZONE)).toBeCloseTo(-0.12);
  });

  test("in the first minutes of a day nothing is said of a difference, and soon after it is", () => {
    for (const [minutes, said] of [
      [1, "early"],
      [3, "early"],
      [11, "early"],
      [13, 0],
      [31, 0],
    ] as const) {
      const now = MIDNIGHT + minutes * 60_000;
      const found = differenceToUsual(hours(500, now), now, ZONE);
      if (said === "early") expect(found).toBe(said);
      else expect(found).toBeCloseTo(said);
    }
    expect(today(hours(500, MIDNIGHT), MIDNIGHT, ZONE)).toBe(0);
  });

  test("the month is the calendar's", () => {
    const days = [
      { at: Date.parse("2026-10-31T00:00:00+02:00"), wh: 9000 },
      { at: Date.parse("2026-11-01T00:00:00+02:00"), wh: 8000 },
      { at: Date.parse("2026-11-24T00:00:00+02:00"), wh: 3333 },
    ];
    expect(month(days, NOW, ZONE)).toBe(11_333);
    expect(month(days, NOW + 10 * 24 * HOUR, ZONE)).toBeNull(); // without readings it is not 0
  });
});
