/** What a client's consumption is compared with: the usual, the week before, the month before, or a standard household. Pure. */

import { clock, dayKey, daysBefore, midnight, type Zone } from "./format.ts";
import type { Interval } from "./load-profile.ts";

export const COMPARED = ["none", "usual", "week", "month", "standard"] as const;
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

/** Return the calendar month before the one that begins. */
export const monthBefore = ({ from }: Span, zone: Zone): Span => ({
  from: midnight(`${dayKey(from - 1, zone).slice(0, 7)}-01`, zone),
  to: from,
});

/** By what a chart shows, the comparisons that it cannot: months have no usual value. */
export const WITHOUT: Readonly<Record<"day" | "week" | "month" | "year", readonly Compared[]>> = {
  day: ["month"],
  week: ["month"],
  month: ["week"],
  year: ["week", "month", "usual"],
};

/** Return the comparison as the chart can show it: a month stands beside the month before, anything shorter beside a week before. */
export function fitting(compared: Compared, shown: keyof typeof WITHOUT): Compared {
  if (!WITHOUT[shown].includes(compared)) return compared;
  return shown === "year" ? "none" : compared === "week" ? "month" : "week";
}

/** A day without readings in some of its hours is not compared. */
export const isWhole = ({ hoursWithout }: Interval): boolean => !hoursWithout;

/** Return each day's consumption on the same day of another month; null when unknown. */
export function ofMonth(own: readonly Interval[], others: readonly Interval[], zone: Zone): (number | null)[] {
  const place = (at: number): string => dayKey(at, zone).slice(-2);
  const known = new Map(others.filter(isWhole).map(({ at, wh }) => [place(at), wh]));
  return own.map(({ at }) => known.get(place(at)) ?? null);
}

/** Return each interval's consumption a week before, by calendar and clock; null when unknown. */
export function ofWeekBefore(own: readonly Interval[], others: readonly Interval[], zone: Zone): (number | null)[] {
  const place = (at: number, back: number): string => `${daysBefore(dayKey(at, zone), back)} ${clock("en", at, zone)}`;
  const known = new Map(others.filter(isWhole).map(({ at, wh }) => [place(at, 0), wh]));
  return own.map(({ at }) => known.get(place(at, 7)) ?? null);
}

/** Return each interval's standard consumption; null for none. */
export function ofStandard(own: readonly Interval[], others: readonly Interval[]): (number | null)[] {
  const known = new Map(others.map(({ at, wh }) => [at, wh]));
  return own.map(({ at }) => known.get(at) ?? null);
}

/** Return the difference as a share (0.12 is 12 % more), over intervals that ended until then, known on both sides; null for none. */
export function difference(
  own: readonly (Interval & { readonly to?: number })[],
  beside: readonly (number | null)[],
  untilMs: number,
): number | null {
  let [used, other] = [0, 0];
  own.forEach((one, index) => {
    const { at, to, wh } = one;
    const wh2 = beside[index];
    if (wh2 === null || wh2 === undefined || !isWhole(one) || (to ?? own[index + 1]?.at ?? at) > untilMs) return;
    used += wh;
    other += wh2;
  });
  return other === 0 ? null : used / other - 1;
}
