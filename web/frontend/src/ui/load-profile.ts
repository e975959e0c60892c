/** What a load profile says: what is usual, where the peak lies, which intervals the server calls unusual. Pure. */

export interface Interval {
  readonly at: number;
  readonly wh: number;
  /** Far above the same hour, or day, of the 28 days before, as the server says by the alarm's own rule. */
  readonly unusual?: boolean;
}

/** The median: one day with guests does not move what is usual. Zero for nothing. */
export function usual(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : Math.round(((sorted[middle - 1] ?? 0) + upper) / 2);
}

/** The intervals with a mark at the unusual ones. */
export const marked = (intervals: readonly Interval[]): (Interval & { readonly unusual: boolean })[] =>
  intervals.map(({ at, wh, unusual = false }) => ({ at, wh, unusual }));

export const total = (intervals: readonly Interval[]): number => intervals.reduce((sum, { wh }) => sum + wh, 0);

/** The highest interval, the earliest of equals; null for nothing. */
export function peak<T extends Interval>(intervals: readonly T[]): T | null {
  return intervals.reduce<T | null>((best, next) => (best && best.wh >= next.wh ? best : next), null);
}
