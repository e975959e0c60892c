/** When a snooze may end, and how the menus call it. Pure. */

import type { BoardTexts } from "../ui/messages.ts";

/** Once the evening is near, the menus offer this instead. */
const LATER_TODAY_MS = 3 * 3_600_000;

/** Return the ends of a snooze in ms, in the agent's own time zone; the evening is null once it is near or over. */
export function snoozeTimes(nowMs: number): { hour: number; evening: number | null; tomorrow: number; monday: number } {
  const at = (days: number, hour: number): number => {
    const day = new Date(nowMs);
    day.setDate(day.getDate() + days);
    day.setHours(hour, 0, 0, 0);
    return day.getTime();
  };
  const evening = at(0, 18);
  const weekday = new Date(nowMs).getDay();
  return {
    hour: nowMs + 3_600_000,
    evening: evening - nowMs > 1_800_000 ? evening : null,
    tomorrow: at(1, 9),
    monday: at((1 - weekday + 7) % 7 || 7, 9),
  };
}

/** Return a time in the agent's own time zone as a date field has it: "2026-11-29T09:00". */
export function localMinute(atMs: number): string {
  const offsetMs = new Date(atMs).getTimezoneOffset() * 60_000;
  return new Date(atMs - offsetMs).toISOString().slice(0, 16);
}

/** Return each end that a menu offers, with its label: as many at each hour, so that a digit stays what it is. */
export function snoozeEnds(t: BoardTexts, nowMs: number) {
  const { hour, evening, tomorrow, monday } = snoozeTimes(nowMs);
  return [
    { key: "hour", label: t.snoozeHour, until: hour },
    evening === null
      ? { key: "hours", label: t.snoozeHours, until: nowMs + LATER_TODAY_MS }
      : { key: "evening", label: t.snoozeEvening, until: evening },
    { key: "tomorrow", label: t.snoozeTomorrow, until: tomorrow },
    { key: "monday", label: t.snoozeMonday, until: monday },
  ];
}
