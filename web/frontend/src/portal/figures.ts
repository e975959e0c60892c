/** What the portal's tiles say, from days and hours of consumption. Pure. */

import { clock, dayKey, daysBefore, type Zone } from "../ui/format.ts";
import { type Interval, total, usual } from "../ui/load-profile.ts";

/** A household that usually used less by this time of the day has just begun it. */
const EARLY_WH = 100;

/** Minutes since midnight, by the clock on the wall. */
function minuteOf(atMs: number, zone: Zone): number {
  const [hour = 0, minute = 0] = clock("en", atMs, zone).split(":").map(Number);
  return 60 * hour + minute;
}

/** Wh since the day's beginning. */
export const today = (hours: readonly Interval[], nowMs: number, zone: Zone): number => {
  const day = dayKey(nowMs, zone);
  return total(hours.filter(({ at }) => dayKey(at, zone) === day));
};

/** Wh in the calendar month that holds `nowMs`. */
export const month = (days: readonly Interval[], nowMs: number, zone: Zone): number => {
  const thisMonth = dayKey(nowMs, zone).slice(0, 7);
  return total(days.filter(({ at }) => dayKey(at, zone).startsWith(thisMonth)));
};

/**
 * How far today stands from what is usual on this weekday until this minute, as a share (-0.12 is 12 % less); null while
 * there is nothing to compare with, "early" while a usual day has hardly begun: a difference would say nothing.
 */
export function onUsual(hours: readonly Interval[], nowMs: number, zone: Zone): number | "early" | null {
  const day = dayKey(nowMs, zone);
  const minute = minuteOf(nowMs, zone);
  // By calendar and clock: seven times 24 hours ago it may have been yesterday.
  const before = new Map([7, 14, 21, 28].map((days) => [daysBefore(day, days), { whole: 0, until: 0 }]));
  for (const { at, wh } of hours) {
    const then = before.get(dayKey(at, zone));
    if (!then) continue;
    then.whole += wh;
    // Of the hour that runs now its share is compared, not the whole.
    then.until += wh * Math.min(1, Math.max(0, (minute - minuteOf(at, zone)) / 60));
  }
  const known = [...before.values()].filter(({ whole }) => whole > 0).map(({ until }) => until);
  if (known.length === 0) return null;
  const usualWh = usual(known);
  return usualWh < EARLY_WH ? "early" : today(hours, nowMs, zone) / usualWh - 1;
}

/** Whole cents. */
export const cost = (wh: number, ctPerKwh: number): number => Math.round((wh * ctPerKwh) / 1000);
