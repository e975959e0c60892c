/** What stands beside a client's consumption: the week before, or a standard household. Pure. */

import { clock, dayKey, daysBefore, type Zone } from "./format.ts";
import type { Interval } from "./load-profile.ts";

export const COMPARED = ["none", "week", "standard"] as const;
export type Compared = (typeof COMPARED)[number];

export const WEEK_MS = 7 * 86_400_000;
/** A week's end may lie on the other side of a clock change. */
const CLOCK_MS = 3_600_000;

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where the week before lies that stands beside a period. */
export const weekBefore = ({ from, to }: Span): Span => ({
  from: from - WEEK_MS - CLOCK_MS,
  to: to - WEEK_MS + CLOCK_MS,
});

/** For each interval what was used a week before, by calendar and clock; null where that is not known. */
export function ofWeekBefore(own: readonly Interval[], others: readonly Interval[], zone: Zone): (number | null)[] {
  const place = (at: number, back: number): string => `${daysBefore(dayKey(at, zone), back)} ${clock("en", at, zone)}`;
  const known = new Map(others.map(({ at, wh }) => [place(at, 0), wh]));
  return own.map(({ at }) => known.get(place(at, 7)) ?? null);
}

/** For each interval the standard's own; null where there is none. */
export function ofStandard(own: readonly Interval[], others: readonly Interval[]): (number | null)[] {
  const known = new Map(others.map(({ at, wh }) => [at, wh]));
  return own.map(({ at }) => known.get(at) ?? null);
}

/**
 * How far the intervals stand from what is beside them in all, as a share (0.12 is 12 % more): over those that are known
 * on both sides and are over. Null while there are none.
 */
export function difference(
  own: readonly (Interval & { readonly to?: number })[],
  beside: readonly (number | null)[],
  nowMs: number,
): number | null {
  let [used, other] = [0, 0];
  own.forEach(({ at, to, wh }, index) => {
    const wh2 = beside[index];
    if (wh2 === null || wh2 === undefined || (to ?? own[index + 1]?.at ?? at) > nowMs) return;
    used += wh;
    other += wh2;
  });
  return other === 0 ? null : used / other - 1;
}
