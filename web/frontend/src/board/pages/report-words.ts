import type { Report } from "../../link/desk-api.ts";
import { clock, dayKey, daysRange, span, weekdayDay } from "../../ui/format.ts";
import type { Lang, Texts } from "../../ui/messages.ts";
import type { PageTexts } from "../../ui/page-messages.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Name the days from the first to the last, which are YYYY-MM-DD: "23–29 Nov", and with a year "23–29 Nov 2026". */
export function daysTitle(lang: Lang, days: readonly { readonly day: string }[], withYear = false): string {
  const [first, last] = [days.at(0), days.at(-1)].map((each) => Date.parse(`${each?.day ?? "2026-01-01"}T12:00Z`));
  const year = withYear ? ({ year: "numeric" } as const) : {};
  const options = { day: "numeric", month: "short", timeZone: "UTC", ...year } as const;
  return daysRange(new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, options), first as number, last as number);
}

/** Return whether the time before can be compared with: figures of days before the record would only look low. */
export const isCompared = ({ before, before_is_whole: isWhole = true }: Report): boolean => isWhole && before.asked > 0;

/** Return when the record begins, if within the period, and how many of its days are before that. */
export function recordOf({ days, first_asked: first, tz }: Report): {
  readonly from: string;
  readonly missing: number;
} {
  const from = typeof first === "number" ? dayKey(first, tz) : "";
  return { from, missing: days.filter(({ day }) => day < from).length };
}

/** Name the days that a report is compared with: "16–22 Nov"; until the hour up to which the last day counts, if it goes on. */
export function comparedTitle({ lang, until }: Texts, { days, days_before: before, to, tz }: Report): string {
  const [only] = before;
  const title =
    only && before.length === 1 ? weekdayDay(lang, Date.parse(`${only.day}T12:00Z`), "UTC") : daysTitle(lang, before);
  return dayKey(to, tz) === days.at(-1)?.day ? `${title} ${until(clock(lang, to, tz))}` : title;
}

const two = (n: number): string => String(n).padStart(2, "0");

/** Return a duration and its unit: "3:10 min", "22 min" from ten minutes on, "2:05 h", and "3 days" from two days on. */
export function duration(
  t: Pick<PageTexts, "daysUnit" | "decimal">,
  ms: number,
): readonly [value: string, unit: string] {
  const seconds = Math.round(ms / 1000);
  if (seconds < 600) return [`${Math.floor(seconds / 60)}:${two(seconds % 60)}`, "min"];
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 60) return [String(minutes), "min"];
  if (ms < 48 * HOUR_MS) return [`${Math.floor(minutes / 60)}:${two(minutes % 60)}`, "h"];
  return [t.decimal(ms / (24 * HOUR_MS)), t.daysUnit];
}

/** Return a duration without seconds beside minutes: "32 s", "4 min", "2:05 h", "3 days". */
export function lasted(t: Pick<PageTexts, "lang" | "daysUnit" | "decimal">, ms: number): string {
  if (ms < MINUTE_MS) return span(t.lang, ms);
  if (ms < 10 * MINUTE_MS) return `${Math.round(ms / MINUTE_MS)}\u00a0min`;
  return duration(t, ms).join("\u00a0");
}
