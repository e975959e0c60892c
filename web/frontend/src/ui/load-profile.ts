/** Facts of a load profile: the usual value, the peak, unusual intervals. Pure. */

import type { Money } from "./format.ts";

export interface Interval {
  readonly at: number;
  readonly to?: number;
  readonly wh: number;
  /** The share of its energy, 0 to 1, that was spread between distant readings. */
  readonly estimated?: number;
  /** The median of the same hour, or day, on the 28 days before; null for fewer than seven known. */
  readonly usualWh?: number | null;
  /** Far above it, by the server's alarm rule. */
  readonly unusual?: boolean;
  /** Of a day: how many of its hours are, also where the day is not. */
  readonly unusualHours?: number | null;
  /** Of a day that is over: how many of its hours have no readings. */
  readonly hoursWithout?: number | null;
}

/** The intervals of a period, the newest reading, the price of a kWh (null without a tariff), and the platform's time zone. */
export interface LoadProfile {
  readonly tz?: string;
  readonly points: readonly Interval[];
  readonly last?: { readonly at: number } | null;
  readonly price?: Money | null;
}

/** Return until when energy is known: the newest reading's time, however long the meter has been silent; now without one. */
export const knownUntil = (last: LoadProfile["last"], nowMs: number): number => Math.min(last?.at ?? nowMs, nowMs);

/** Return the median, which one unusual day does not move; 0 for no values. */
export function usual(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : Math.round(((sorted[middle - 1] ?? 0) + upper) / 2);
}

/** Return the intervals with a mark on unusual ones. */
export const marked = <T extends Interval>(intervals: readonly T[]): (T & { readonly unusual: boolean })[] =>
  intervals.map((interval) => ({ ...interval, unusual: interval.unusual ?? false }));

export const total = (intervals: readonly Interval[]): number => intervals.reduce((sum, { wh }) => sum + wh, 0);

/** Return the places of the last intervals in a row that are unusual, or whose hours are; without any, the highest's; null for none. */
export function lastUnusual(intervals: readonly Interval[]): { readonly first: number; readonly last: number } | null {
  const isOdd = (interval: Interval | undefined): boolean => Boolean(interval?.unusual || interval?.unusualHours);
  let last = intervals.findLastIndex(isOdd);
  if (last < 0) {
    const highest = peak(intervals);
    last = highest ? intervals.indexOf(highest) : -1;
    return last < 0 ? null : { first: last, last };
  }
  let first = last;
  while (isOdd(intervals[first - 1])) first -= 1;
  return { first, last };
}

/** Return the highest interval, the earliest of equals; null for none. */
export function peak<T extends Interval>(intervals: readonly T[]): T | null {
  return intervals.reduce<T | null>((best, next) => (best && best.wh >= next.wh ? best : next), null);
}
