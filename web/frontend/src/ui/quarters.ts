/** A year's quarter-hours as a curve to draw, and the days they lie in. Pure. */

import { dayKey, type Zone } from "./format.ts";

const QUARTER_MS = 900_000;
const QUARTERS_AN_HOUR = 4;

/** Two columns, as the server sends them: when quarters begin, and what was used in each. */
export interface Quarters {
  readonly at: readonly number[];
  readonly wh: readonly number[];
}

/** Mean watts over time; null where nothing is known, so that no line leads across. */
export interface Curve {
  readonly at: readonly number[];
  readonly w: readonly (number | null)[];
}

export function curveOf({ at, wh }: Quarters): Curve {
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

/** Where the curve is highest; null for nothing. */
export function highestOf({ at, w }: Curve): { readonly at: number; readonly w: number } | null {
  let best = -1;
  w.forEach((value, index) => {
    if (value !== null && value > (w[best] ?? -1)) best = index;
  });
  return best === -1 ? null : { at: at[best] ?? 0, w: w[best] ?? 0 };
}

/** The whole days, by the zone's calendar, that a piece of the curve touches, and what was used in them; null for none. */
export function daysTouched(
  { at, wh }: Quarters,
  from: number,
  to: number,
  zone: Zone,
): { readonly from: number; readonly to: number; readonly wh: number } | null {
  const [firstDay, lastDay] = [dayKey(from, zone), dayKey(to, zone)];
  // A day's key is dear to make and rises with time.
  const first = firstOf(at, (begin) => dayKey(begin, zone) >= firstDay);
  const after = firstOf(at, (begin) => dayKey(begin, zone) > lastDay);
  if (first >= after) return null;
  const used = wh.slice(first, after).reduce((sum, each) => sum + each, 0);
  return { from: at[first] ?? from, to: (at[after - 1] ?? to) + QUARTER_MS, wh: used };
}

/** The index of the first of rising times that holds, where all after it do too; the length where none does. */
export function firstOf(times: readonly number[], holds: (at: number) => boolean): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(times[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  return low;
}
