/** When a snooze may end. Pure. */

/** The evening, tomorrow and Monday of a snooze menu, in the agent's own zone. */
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
