/** Word an outage's notice. Pure. */

import { monthDay, monthName, weekday, type Zone } from "./format.ts";
import { type Lang, powerMessages } from "./messages.ts";

/** Return the notice with "today" for the day that the server wrote in full, as in "by 17:30, Monday, 30 November". */
export function withToday(lang: Lang, text: string, nowMs: number, zone?: Zone): string {
  const written = `${weekday(lang, nowMs, zone)},? ${Number.parseInt(monthDay(lang, nowMs, zone), 10)}\\.? ${monthName(lang, nowMs, zone)}`;
  return text.replace(new RegExp(`,? \\(?${written}\\)?`, "u"), ` ${powerMessages[lang].today}`);
}
