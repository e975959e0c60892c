/** Word an outage's notice. Pure. */

import { areaName } from "./area-name.ts";
import { monthDay, monthName, weekday, whenNear, type Zone } from "./format.ts";
import type { Lang } from "./messages.ts";
import { powerMessages } from "./outage-tables.gen.ts";

/** Return the notice with "today" for the day that the server wrote in full, as in "by 17:30, Monday, 30 November". */
export function withToday(lang: Lang, text: string, nowMs: number, zone?: Zone): string {
  const written = `${weekday(lang, nowMs, zone)},? ${Number.parseInt(monthDay(lang, nowMs, zone), 10)}\\.? ${monthName(lang, nowMs, zone)}`;
  return text.replace(new RegExp(`,? \\(?${written}\\)?`, "u"), ` ${powerMessages[lang].today}`);
}

/** A notice in one language, and when it came. */
export interface NoticeSaid {
  readonly area: string;
  readonly text: string;
  readonly at?: number | null | undefined;
}

/** Return the three lines of a notice's card. The last one is empty where nobody knows when the text came. */
export function noticeLines(lang: Lang, { area, text, at }: NoticeSaid, nowMs: number, zone?: Zone) {
  const words = powerMessages[lang];
  return {
    title: words.titleIn(areaName(area)),
    text: withToday(lang, text, nowMs, zone),
    updated: at ? words.updated(whenNear(lang, at, nowMs, zone)) : "",
  };
}
