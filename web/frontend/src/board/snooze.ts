/** When a snooze may end, and how the menus call it. Pure. */

import type { BoardTexts } from "../ui/messages.ts";

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

/** Return each possible end with its label, and its digit in a menu, which is the same at each hour. */
export function snoozeEnds(t: BoardTexts, nowMs: number) {
  const { hour, evening, tomorrow, monday } = snoozeTimes(nowMs);
  return [
    { key: "hour", label: t.snoozeHour, until: hour, digit: "1" },
    ...(evening === null ? [] : [{ key: "evening", label: t.snoozeEvening, until: evening, digit: "2" }]),
    { key: "tomorrow", label: t.snoozeTomorrow, until: tomorrow, digit: "3" },
    { key: "monday", label: t.snoozeMonday, until: monday, digit: "4" },
  ];
}
