/** What a load profile says: which intervals are unusual, what is usual, where the peak lies. Pure. */

export interface Interval {
  readonly at: number;
  readonly wh: number;
}

/** Half as much again as usual is worth a colour; below a tenth of a kWh nothing is. */
const UNUSUAL_TIMES = 1.5;
const UNUSUAL_AT_LEAST_WH = 100;
/** Of fewer nobody can say what is usual. */
const ENOUGH = 5;

/** The median: one day with guests does not move what is usual. Zero for nothing. */
export function usual(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : Math.round(((sorted[middle - 1] ?? 0) + upper) / 2);
}

/** Whether an interval stands out from what is usual. */
export const stands = (wh: number, usualWh: number): boolean =>
  usualWh > 0 && wh > usualWh * UNUSUAL_TIMES && wh - usualWh > UNUSUAL_AT_LEAST_WH;

/** The intervals with a mark at the unusual ones; with too few of them there are none. */
export function marked(intervals: readonly Interval[]): (Interval & { readonly unusual: boolean })[] {
  const used = intervals.map((interval) => interval.wh).filter((wh) => wh > 0);
  const usualWh = used.length < ENOUGH ? 0 : usual(used);
  return intervals.map((interval) => ({ at: interval.at, wh: interval.wh, unusual: stands(interval.wh, usualWh) }));
}

export const total = (intervals: readonly Interval[]): number => intervals.reduce((sum, { wh }) => sum + wh, 0);

/** The highest interval, the earliest of equals; null for nothing. */
export function peak<T extends Interval>(intervals: readonly T[]): T | null {
  return intervals.reduce<T | null>((best, next) => (best && best.wh >= next.wh ? best : next), null);
}
