import { describe, expect, test } from "vitest";
import { cost, month, onUsual, today } from "./figures.ts";

const ZONE = "Europe/Bucharest";
const HOUR = 3_600_000;
const NOW = Date.parse("2026-11-24T14:04:00+02:00");

/** Every hour of four weeks uses 500 Wh, those of today as given. */
function hours(ofToday: number) {
  const midnight = Date.parse("2026-11-24T00:00:00+02:00");
  const points = [];
  for (let at = midnight - 28 * 24 * HOUR; at <= NOW; at += HOUR) points.push({ at, wh: at >= midnight ? ofToday : 500 });
  return points;
}

describe("the portal's figures", () => {
  test("today begins at the platform's midnight", () => {
    expect(today(hours(500), NOW, ZONE)).toBe(15 * 500);
    expect(today(hours(500), NOW, "UTC")).toBe(13 * 500);
  });

  test("today is compared with this weekday until this hour, not with whole days", () => {
    expect(onUsual(hours(500), NOW, ZONE)).toBeCloseTo(0);
    expect(onUsual(hours(440), NOW, ZONE)).toBeCloseTo(-0.12);
    expect(onUsual([], NOW, ZONE)).toBeNull();
  });

  test("the month is the calendar's, and its cost is whole cents", () => {
    const days = [
      { at: Date.parse("2026-10-31T00:00:00+02:00"), wh: 9000 },
      { at: Date.parse("2026-11-01T00:00:00+02:00"), wh: 8000 },
      { at: Date.parse("2026-11-24T00:00:00+02:00"), wh: 3333 },
    ];
    expect(month(days, NOW, ZONE)).toBe(11_333);
    expect(cost(11_333, 25)).toBe(283);
  });
});
