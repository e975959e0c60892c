/** Facts of a load profile: the usual value, the peak, unusual intervals. Pure. */

export interface Interval {
  readonly at: number;
  readonly wh: number;
  /** Far above the same hour or day of the last 28 days, by the server's alarm rule. */
  readonly unusual?: boolean;
}

/** Return the median, which one unusual day does not move; 0 for no values. */
export function usual(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : Math.round(((sorted[middle - 1] ?? 0) + upper) / 2);
}

/** Return the intervals with a mark on unusual ones. */
export const marked = (intervals: readonly Interval[]): (Interval & { readonly unusual: boolean })[] =>
  intervals.map(({ at, wh, unusual = false }) => ({ at, wh, unusual }));

export const total = (intervals: readonly Interval[]): number => intervals.reduce((sum, { wh }) => sum + wh, 0);

/** Return the highest interval, the earliest of equals; null for none. */
export function peak<T extends Interval>(intervals: readonly T[]): T | null {
  return intervals.reduce<T | null>((best, next) => (best && best.wh >= next.wh ? best : next), null);
}
