/** Compute the portal's figures from days and hours of consumption. Pure. */

import { clock, dayKey, daysBefore, power, type Zone } from "../ui/format.ts";
import { type Interval, total, usual } from "../ui/load-profile.ts";
import type { Lang } from "../ui/messages.ts";

/** The day has just begun if a usual one has used less than this by now. */
const EARLY_WH = 100;

/** Return the minutes since midnight in a time zone. */
function minuteOf(atMs: number, zone: Zone): number {
  const [hour = 0, minute = 0] = clock("en", atMs, zone).split(":").map(Number);
  return 60 * hour + minute;
}

/** Return a reading's power in words; a meter that sends none has "–", never 0. */
export const powerNow = (lang: Lang, { w }: { readonly w: number | null }): string =>
  w === null ? "–" : power(lang, w);

/** Return the Wh since midnight. */
export const today = (hours: readonly Interval[], nowMs: number, zone: Zone): number => {
  const day = dayKey(nowMs, zone);
  return total(hours.filter(({ at }) => dayKey(at, zone) === day));
};

/** Return the Wh in the calendar month of `nowMs`. */
export const month = (days: readonly Interval[], nowMs: number, zone: Zone): number => {
  const thisMonth = dayKey(nowMs, zone).slice(0, 7);
  return total(days.filter(({ at }) => dayKey(at, zone).startsWith(thisMonth)));
};

/**
 * Return how much today differs from the same weekdays before, up to this minute, as a share: -0.12 is 12 % less.
 *
 * Returns null without such days, and "early" if a usual day has hardly begun and a difference would mean nothing.
 */
export function differenceToUsual(hours: readonly Interval[], nowMs: number, zone: Zone): number | "early" | null {
  const day = dayKey(nowMs, zone);
  const minute = minuteOf(nowMs, zone);
  // By calendar and clock: because of clock changes 7 × 24 hours ago may be another day.
  const before = new Map([7, 14, 21, 28].map((days) => [daysBefore(day, days), { whole: 0, until: 0 }]));
  for (const { at, wh } of hours) {
    const then = before.get(dayKey(at, zone));
    if (!then) continue;
    then.whole += wh;
    // The present hour counts by its elapsed share.
    then.until += wh * Math.min(1, Math.max(0, (minute - minuteOf(at, zone)) / 60));
  }
  const known = [...before.values()].filter(({ whole }) => whole > 0).map(({ until }) => until);
  if (known.length === 0) return null;
  const usualWh = usual(known);
  return usualWh < EARLY_WH ? "early" : today(hours, nowMs, zone) / usualWh - 1;
}
