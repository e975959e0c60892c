/** The calendar's days, months and years in the platform's time zone. Pure. */

import { clock, dayKey, type Zone } from "../ui/format.ts";

export const SHOWN = ["day", "month", "year"] as const;
export type ShownPeriod = (typeof SHOWN)[number];

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Return the instant at which a day such as "2026-11-24" begins. */
export function midnight(day: string, zone: Zone): number {
  let at = Date.parse(day);
  // The second pass is for a clock change between the guess and midnight.
  for (let pass = 0; pass < 2; pass += 1)
    at += Date.parse(day) - Date.parse(`${dayKey(at, zone)}T${clock("en", at, zone)}Z`);
  return at;
}

/** Return the first day of the period that lies `by` periods from the one of `day`. */
export function moved(shown: ShownPeriod, day: string, by: number): string {
  const date = new Date(day);
  if (shown !== "day") date.setUTCDate(1);
  if (shown === "day") date.setUTCDate(date.getUTCDate() + by);
  else if (shown === "month") date.setUTCMonth(date.getUTCMonth() + by);
  else date.setUTCFullYear(date.getUTCFullYear() + by, 0);
  return date.toISOString().slice(0, 10);
}

/** Return the period that holds the day. */
export const spanOf = (shown: ShownPeriod, day: string, zone: Zone): Span => ({
  from: midnight(moved(shown, day, 0), zone),
  to: midnight(moved(shown, day, 1), zone),
});
