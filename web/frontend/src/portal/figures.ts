/** What the portal's tiles say, from days and hours of consumption. Pure. */

import { dayKey, type Zone } from "../ui/format.ts";
import { type Interval, total, usual } from "../ui/load-profile.ts";

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

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
 * How far today stands from what is usual on this weekday until this hour, as a share (-0.12 is 12 % less); null while
 * there is nothing to compare with.
 */
export function onUsual(hours: readonly Interval[], nowMs: number, zone: Zone): number | null {
  const until = (dayMs: number): number =>
    total(hours.filter(({ at }) => at <= dayMs && dayKey(at, zone) === dayKey(dayMs, zone)));
  const before = [1, 2, 3, 4].map((weeks) => until(nowMs - weeks * WEEK_MS)).filter((wh) => wh > 0);
  const usualWh = usual(before);
  return usualWh === 0 ? null : until(nowMs) / usualWh - 1;
}

/** Whole cents. */
export const cost = (wh: number, ctPerKwh: number): number => Math.round((wh * ctPerKwh) / 1000);
