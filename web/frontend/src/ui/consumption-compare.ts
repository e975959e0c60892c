/** What a client's consumption is compared with: the usual, the week before, or a standard household. Pure. */

import { clock, dayKey, daysBefore, type Zone } from "./format.ts";
import type { Interval } from "./load-profile.ts";

export const COMPARED = ["none", "usual", "week", "standard"] as const;
export type Compared = (typeof COMPARED)[number];

/** A difference of a smaller share is none. */
export const ALIKE = 0.02;

const WEEK_MS = 7 * 86_400_000;
/** The week before may contain a clock change. */
const CLOCK_MS = 3_600_000;

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Return the period of the week before. */
export const weekBefore = ({ from, to }: Span): Span => ({
  from: from - WEEK_MS - CLOCK_MS,
  to: to - WEEK_MS + CLOCK_MS,
});

/** Return each interval's consumption a week before, by calendar and clock; null when unknown. */
export function ofWeekBefore(own: readonly Interval[], others: readonly Interval[], zone: Zone): (number | null)[] {
  const place = (at: number, back: number): string => `${daysBefore(dayKey(at, zone), back)} ${clock("en", at, zone)}`;
  const known = new Map(others.map(({ at, wh }) => [place(at, 0), wh]));
  return own.map(({ at }) => known.get(place(at, 7)) ?? null);
}

/** Return each interval's standard consumption; null for none. */
export function ofStandard(own: readonly Interval[], others: readonly Interval[]): (number | null)[] {
  const known = new Map(others.map(({ at, wh }) => [at, wh]));
  return own.map(({ at }) => known.get(at) ?? null);
}

/** Return the difference as a share (0.12 is 12 % more), over past intervals known on both sides; null for none. */
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
