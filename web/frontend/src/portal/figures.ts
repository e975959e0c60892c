/** Compute the portal's figures from days and hours of consumption. Pure. */

import { dayKey, power, type Zone } from "../ui/format.ts";
import { type Interval, total } from "../ui/load-profile.ts";
import type { Lang } from "../ui/messages.ts";

/** The day has just begun if a usual one has used less than this by now. */
const EARLY_WH = 100;
const HOUR_MS = 3_600_000;

/** Return a reading's power in words; a meter that sends none has "–", never 0. */
export const powerNow = (lang: Lang, { w }: { readonly w: number | null }): string =>
  w === null ? "–" : power(lang, w);

/** Return the Wh since midnight. */
export const today = (hours: readonly Interval[], nowMs: number, zone: Zone): number => {
  const day = dayKey(nowMs, zone);
  return total(hours.filter(({ at }) => dayKey(at, zone) === day));
};

/** Return the Wh in the calendar month of `nowMs`; null without readings in it. */
export const month = (days: readonly Interval[], nowMs: number, zone: Zone): number | null => {
  const thisMonth = dayKey(nowMs, zone).slice(0, 7);
  const known = days.filter(({ at }) => dayKey(at, zone).startsWith(thisMonth));
  return known.length > 0 ? total(known) : null;
};

/**
 * Return how much today differs from the usual of its hours so far, as a share: -0.12 is 12 % less.
 *
 * The usual is the dashed line of the day's chart. Returns null where it is not known for each hour, and "early" if so
 * little is usual by now that a difference would mean nothing. Args: untilMs: until when energy is known (`knownUntil`).
 */
export function differenceToUsual(hours: readonly Interval[], untilMs: number, zone: Zone): number | "early" | null {
  const day = dayKey(untilMs, zone);
  const known = hours.filter(({ at }) => dayKey(at, zone) === day);
  let usualWh = 0;
  for (const { at, usualWh: each = null } of known) {
    if (each === null) return null;
    // The last hour counts by the share that has readings.
    usualWh += each * Math.min(1, (untilMs - at) / HOUR_MS);
  }
  if (known.length === 0) return null;
  return usualWh < EARLY_WH ? "early" : total(known) / usualWh - 1;
}
