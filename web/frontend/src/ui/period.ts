/** The calendar's days, months and years in the platform's time zone. Pure. */

import type { Span } from "./consumption-compare.ts";
import { midnight, type Zone } from "./format.ts";

export const SHOWN = ["day", "month", "year"] as const;
export type ShownPeriod = (typeof SHOWN)[number];

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
