/** Where a chart draws its bars, gaps and labels: from energy and time to a plane. Pure. */

import type { Interval } from "./load-profile.ts";

/** A bar whose end is known. */
export type Bar = Interval & { readonly to: number };

/** A line to compare with, and a value for each bar. */
export interface Beside {
  readonly wh: readonly (number | null)[];
  readonly name: string;
  /** The name beside a bar's value. */
  readonly short?: string;
}

/** Return the bars with their ends: the next one's begin where the server sent none. */
export const withEnds = (intervals: readonly Interval[]): Bar[] => {
  const length = Math.max(1, ...intervals.slice(1).map(({ at }, index) => at - (intervals[index]?.at ?? at)));
  return intervals.map((bar, index) => ({ ...bar, to: bar.to ?? intervals[index + 1]?.at ?? bar.at + length }));
};

export interface Gap {
  readonly at: number;
  readonly to: number;
}

/** Return the times without readings, up to now. */
export function gapsOf(bars: readonly Bar[], from: number, until: number): Gap[] {
  const gaps: Gap[] = [];
  let known = from;
  for (const { at, to } of [...bars, { at: until, to: until }]) {
    if (at > known) gaps.push({ at: known, to: at });
    known = Math.max(known, to);
  }
  return gaps;
}

/** Return round steps from 0 to the highest value or above: 0, 1, 2, … or 0, 200, 400, … */
export function stepsTo(highest: number, most: number): number[] {
  const rough = Math.max(highest, 1) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? rough;
  return Array.from({ length: Math.ceil(Math.max(highest, 1) / step - 1e-9) + 1 }, (_, place) => place * step);
}

/** Return the median length of the bars; undefined for none. */
export function lengthOf(bars: readonly Bar[]): number | undefined {
  const lengths = bars.map((bar) => bar.to - bar.at).sort((a, b) => a - b);
  return lengths[lengths.length >> 1];
}

/** A name's width in CSS pixels, with the space before the next. */
const LABEL_SPACE = 60;
const MONTH_SPACE = 48;
/** So many bars lie between two labels; of many days, whole weeks. */
const BETWEEN = [1, 2, 3, 4, 6, 12, 24];
const WEEKS = [1, 7, 14, 28];
const DAY_MS = 86_400_000;

/** Months are not of one length; less than any of them, more than a week. */
const MONTHS_FROM_MS = 27 * DAY_MS;

/** Return whether a bar is a month's. */
export const isMonth = ({ at, to = at }: Interval): boolean => to - at > MONTHS_FROM_MS;

/** Return the begin of the month so many after the one that begins at `from`, an hour off where the clock changed. */
function monthAfter(from: number, count: number): number {
  // From the middle of a month: no zone's midnight lies in another month of UTC.
  const middle = new Date(from + 14 * DAY_MS);
  return middle.setUTCMonth(middle.getUTCMonth() + count) - 14 * DAY_MS;
}

/** Return the begins to label with so much room, evenly in time; a begin of a gap too. Args: width, namePx: in CSS pixels. */
export function labelled(
  bars: readonly Bar[],
  from: number,
  to: number,
  width: number,
  namePx: number = LABEL_SPACE,
): number[] {
  const length = lengthOf(bars) ?? to - from;
  const most = Math.floor(width / (length > MONTHS_FROM_MS ? MONTH_SPACE : namePx));
  if (length > MONTHS_FROM_MS) {
    const months = Math.round((to - from) / (30.4 * DAY_MS));
    const step = BETWEEN.find((each) => Math.floor(months / each) <= most) ?? months;
    return Array.from({ length: Math.ceil(months / step) }, (_, place) => {
      const at = monthAfter(from, place * step);
      return bars.find((bar) => Math.abs(bar.at - at) < DAY_MS)?.at ?? at;
    });
  }
  const number = (to - from) / length;
  const between = length === DAY_MS && number > 14 ? WEEKS : BETWEEN;
  const step = (between.find((each) => Math.floor(number / each) <= most) ?? Math.ceil(number)) * length;
  const begins: number[] = [];
  for (let at = from; at < to - length / 2; at += step) {
    // Clock changes make a day an hour shorter or longer.
    begins.push(bars.find((bar) => Math.abs(bar.at - at) < length / 2)?.at ?? at);
  }
  return begins;
}
