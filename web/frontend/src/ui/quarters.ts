/** A year's quarter-hours as a curve, and the days they are in. Pure. */

import type { Gap } from "./chart-layout.ts";
import { dayKey, type Zone } from "./format.ts";

const QUARTER_MS = 900_000;
const QUARTERS_AN_HOUR = 4;
const DAY_MS = 86_400_000;

/** Two columns: the start of each quarter-hour, and its energy. */
interface QuarterColumns {
  readonly at: readonly number[];
  readonly wh: readonly number[];
}

/** Mean watts over time; null breaks the line where nothing is known. */
export interface Curve {
  readonly at: readonly number[];
  readonly w: readonly (number | null)[];
}

export function curveOf({ at, wh }: QuarterColumns): Curve {
  const [times, watts]: [number[], (number | null)[]] = [[], []];
  at.forEach((begin, index) => {
    const last = index === 0 ? begin : (at[index - 1] ?? begin) + QUARTER_MS;
    if (last < begin) {
      times.push(last);
      watts.push(null);
    }
    times.push(begin);
    watts.push((wh[index] ?? 0) * QUARTERS_AN_HOUR);
  });
  return { at: times, w: watts };
}

/** Return the times of a day or more without readings. A shorter one is less than a pixel of a year. */
export function gapsIn({ at }: Pick<QuarterColumns, "at">, from: number, until: number): Gap[] {
  const gaps: Gap[] = [];
  let known = from;
  for (const begin of [...at, until]) {
    if (begin - known >= DAY_MS) gaps.push({ at: known, to: begin });
    known = begin + QUARTER_MS;
  }
  return gaps;
}

/** Return the curve's highest point; null for none. */
export function highestOf({ at, w }: Curve): { readonly at: number; readonly w: number } | null {
  let best = -1;
  w.forEach((value, index) => {
    if (value !== null && value > (w[best] ?? -1)) best = index;
  });
  return best === -1 ? null : { at: at[best] ?? 0, w: w[best] ?? 0 };
}

/** Return the whole days of a piece of the curve, and their energy; null for none. */
export function daysTouched(
  { at, wh }: QuarterColumns,
  from: number,
  to: number,
  zone: Zone,
): { readonly from: number; readonly to: number; readonly wh: number } | null {
  const [firstDay, lastDay] = [dayKey(from, zone), dayKey(to, zone)];
  // A binary search, because a day's key is slow to make.
  const first = firstOf(at, (begin) => dayKey(begin, zone) >= firstDay);
  const after = firstOf(at, (begin) => dayKey(begin, zone) > lastDay);
  if (first >= after) return null;
  const used = wh.slice(first, after).reduce((sum, each) => sum + each, 0);
  return { from: at[first] ?? from, to: (at[after - 1] ?? to) + QUARTER_MS, wh: used };
}

/** Return the first index of rising times for which `holds`; the length for none. */
export function firstOf(times: readonly number[], holds: (at: number) => boolean): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(times[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  return low;
}
