/** Format times, days, waits, energy and money. Pure: now, language and time zone are arguments. */

import type { Card } from "../protocol/kinds.ts";
import type { Lang } from "./messages.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Cached: Intl formatters cost a millisecond each, and a long conversation needs thousands. */
function cached<Options, Format>(make: (lang: Lang, options: Options) => Format): typeof make {
  const made = new Map<string, Format>();
  return (lang, options) => {
    const key = lang + JSON.stringify(options);
    const format = made.get(key) ?? make(lang, options);
    made.set(key, format);
    return format;
  };
}

const dateFormat = cached(
  // en-GB: 24 hours, and the day before the month.
  (lang, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, options),
);
const numberFormat = cached((lang, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(lang, options));

/** An amount of a currency of ISO 4217. */
export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** Undefined: the viewer's own zone. */
export type Zone = string | undefined;

const zoned = (zone: Zone, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormatOptions =>
  zone ? { ...options, timeZone: zone } : options;

/** The viewer's date and time in ISO form, without Intl, whose first format is slow on a phone. */
const localIso = (atMs: number): string => new Date(atMs - new Date(atMs).getTimezoneOffset() * 60_000).toISOString();

/** "14:02" */
export const clock = (lang: Lang, atMs: number, zone?: Zone): string =>
  zone
    ? dateFormat(lang, { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(atMs)
    : localIso(atMs).slice(11, 16);

/** Return a day that sorts and compares: "2026-11-24". */
export const dayKey = (atMs: number, zone?: Zone): string => {
  if (!zone) return localIso(atMs).slice(0, 10);
  const parts = dateFormat("en", { year: "numeric", month: "2-digit", day: "2-digit", timeZone: zone }).formatToParts(
    atMs,
  );
  const part = (type: string): string => parts.find((candidate) => candidate.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
};

/** Return the day `days` before by the calendar: "2026-11-24" and 1 are "2026-11-23". */
export const daysBefore = (day: string, days: number): string =>
  new Date(Date.parse(day) - days * DAY_MS).toISOString().slice(0, 10);

/** Return the instant at which a day such as "2026-11-24" begins. */
export function midnight(day: string, zone: Zone): number {
  let at = Date.parse(day);
  // The second pass is for a clock change between the guess and midnight.
  for (let pass = 0; pass < 2; pass += 1)
    at += Date.parse(day) - Date.parse(`${dayKey(at, zone)}T${clock("en", at, zone)}Z`);
  return at;
}

interface DayWords {
  readonly today: string;
  readonly yesterday: string;
}

/** Return a day and its month, and the year where that is another one. */
const dateOf = (month: "short" | "long", lang: Lang, atMs: number, nowMs: number, zone?: Zone): string => {
  const sameYear = dayKey(atMs, zone).slice(0, 4) === dayKey(nowMs, zone).slice(0, 4);
  return dateFormat(
    lang,
    zoned(zone, sameYear ? { day: "numeric", month } : { day: "numeric", month, year: "numeric" }),
  ).format(atMs);
};

/** "Today", "Yesterday", "Tuesday", "12 November" or "12 November 2025". */
export function dayLabel(lang: Lang, atMs: number, nowMs: number, words: DayWords, zone?: Zone): string {
  const day = dayKey(atMs, zone);
  if (day === dayKey(nowMs, zone)) return words.today;
  if (day === daysBefore(dayKey(nowMs, zone), 1)) return words.yesterday;
  if (atMs < nowMs && nowMs - atMs < 6 * DAY_MS)
    return capital(dateFormat(lang, zoned(zone, { weekday: "long" })).format(atMs));
  return dateOf("long", lang, atMs, nowMs, zone);
}

/** For a list's row: the time today, "Tue" this week, "12 Nov" before. */
export function shortWhen(lang: Lang, atMs: number, nowMs: number, zone?: Zone): string {
  if (dayKey(atMs, zone) === dayKey(nowMs, zone)) return clock(lang, atMs, zone);
  if (atMs < nowMs && nowMs - atMs < 6 * DAY_MS)
    return dateFormat(lang, zoned(zone, { weekday: "short" })).format(atMs);
  return shortDay(lang, atMs, zone);
}

/** "Mon 23 Nov" */
export const weekdayDay = (lang: Lang, atMs: number, zone?: Zone): string =>
  dateFormat(lang, zoned(zone, { weekday: "short", day: "numeric", month: "short" }))
    .format(atMs)
    .replace(",", "");

/** Return "Mon 23 Nov", the first and the last day, or "Mon 23 Nov 17:00–21:00". */
export function cardTitle(lang: Lang, card: Omit<Card, "meter">, zone: Zone): string {
  const [day, last] = [card.from, card.to - 1].map((at) => weekdayDay(lang, at, zone)) as [string, string];
  const [from, to] = [card.from, card.to].map((at) => clock(lang, at, zone)) as [string, string];
  if (from !== "00:00" || to !== "00:00") {
    const end = to === "00:00" ? "24:00" : to;
    return day === last ? `${day} ${from}–${end}` : `${day} ${from} – ${last} ${end}`;
  }
  return day === last ? day : `${day} – ${last}`;
}

/** Write a range of days as "1–30 Nov" and "28 Nov – 3 Dec": English has spaces around the dash within a month too. */
export const daysRange = (format: Intl.DateTimeFormat, fromMs: number, lastMs: number): string =>
  format.formatRange(fromMs, lastMs).replace(/^(\d+)\s–\s(?=\d+ )/u, "$1–");

/** "1–30 Nov 2026", "25 Oct – 23 Nov 2026" */
export const periodTitle = (lang: Lang, fromMs: number, toMs: number, zone?: Zone): string =>
  daysRange(dateFormat(lang, zoned(zone, { day: "numeric", month: "short", year: "numeric" })), fromMs, toMs - 1);

/** "28 Nov", "14–24 Nov", "27 Oct – 3 Nov" */
export const shortDays = (lang: Lang, fromMs: number, toMs: number, zone: Zone): string =>
  daysRange(dateFormat(lang, zoned(zone, { day: "numeric", month: "short" })), fromMs, toMs - 1);

/** "17:00–21:00" */
export const hourRange = (lang: Lang, { from, to }: Omit<Card, "meter">, zone: Zone): string =>
  `${clock(lang, from, zone)}–${clock(lang, to, zone).replace("00:00", "24:00")}`;

/** "17" */
export const hourOf = (lang: Lang, atMs: number, zone?: Zone): string => clock(lang, atMs, zone).slice(0, 2);

/** "23 Nov" */
export const shortDay = (lang: Lang, atMs: number, zone?: Zone): string =>
  dateFormat(lang, zoned(zone, { day: "numeric", month: "short" })).format(atMs);

/** "23 Nov", and of another year "23 Nov 2027". */
export const shortDate = (lang: Lang, atMs: number, nowMs: number, zone?: Zone): string =>
  dateOf("short", lang, atMs, nowMs, zone);

/** "7" */
export const monthDay = (lang: Lang, atMs: number, zone?: Zone): string =>
  dateFormat(lang, zoned(zone, { day: "numeric" })).format(atMs);

/** "Saturday 28 November 2026" */
export const longDay = (lang: Lang, atMs: number, zone?: Zone): string =>
  dateFormat(lang, zoned(zone, { weekday: "long", day: "numeric", month: "long", year: "numeric" })).format(atMs);

/** "Sat, 28 Nov 2026" */
export const dayOfYear = (lang: Lang, atMs: number, zone?: Zone): string =>
  dateFormat(lang, zoned(zone, { weekday: "short", day: "numeric", month: "short", year: "numeric" })).format(atMs);

/** "28 November 2026" */
export const fullDate = (lang: Lang, atMs: number): string => dateFormat(lang, { dateStyle: "long" }).format(atMs);

/** "Saturday, 28 November", as the bridge writes it. */
export const dayInFull = (lang: Lang, atMs: number, zone?: Zone): string =>
  `${weekday(lang, atMs, zone)}, ${dateFormat(lang, zoned(zone, { day: "numeric", month: "long" })).format(atMs)}`;

/** "1–30 November 2026" */
export const range = (lang: Lang, fromMs: number, lastMs: number, zone?: Zone): string =>
  daysRange(dateFormat(lang, zoned(zone, { day: "numeric", month: "long", year: "numeric" })), fromMs, lastMs);

/** "Tuesday" */
export const weekday = (lang: Lang, atMs: number, zone?: Zone): string =>
  dateFormat(lang, zoned(zone, { weekday: "long" })).format(atMs);

/** "November" */
export const monthName = (lang: Lang, atMs: number, zone?: Zone): string =>
  dateFormat(lang, zoned(zone, { month: "long" })).format(atMs);

/** "Nov 2026" */
export const shortMonth = (lang: Lang, atMs: number, zone?: Zone): string =>
  dateFormat(lang, zoned(zone, { month: "short", year: "numeric" })).format(atMs);

/** "Nov" */
export const bareMonth = (lang: Lang, atMs: number, zone?: Zone): string =>
  dateFormat(lang, zoned(zone, { month: "short" })).format(atMs);

/** "2026" */
export const yearOf = (_lang: Lang, atMs: number, zone: Zone): string => dayKey(atMs, zone).slice(0, 4);

/** "14:02" today, "Wed 25 Nov, 09:00" otherwise. */
export const whenNear = (lang: Lang, atMs: number, nowMs: number, zone?: Zone): string =>
  dayKey(atMs, zone) === dayKey(nowMs, zone)
    ? clock(lang, atMs, zone)
    : `${weekdayDay(lang, atMs, zone)}, ${clock(lang, atMs, zone)}`;

/** "14:02" today, "Mon 08:00" in less than a week, "Wed 25 Nov, 09:00" later. */
export const whenSoon = (lang: Lang, atMs: number, nowMs: number): string =>
  atMs - nowMs < 6 * DAY_MS && dayKey(atMs) !== dayKey(nowMs)
    ? `${dateFormat(lang, { weekday: "short" }).format(atMs)} ${clock(lang, atMs)}`
    : whenNear(lang, atMs, nowMs);

/** Return a language's name: "English", "română". */
export const languageName = (lang: Lang, code: string): string =>
  new Intl.DisplayNames([lang], { type: "language" }).of(code) ?? code;

export const capital = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1);

/** What Intl writes for seconds, minutes (narrow, and short), hours and days: first rows wait for no Intl (whole.ts). */
const UNITS: Readonly<Record<Lang, Readonly<Record<"second" | "minute" | "minuteShort" | "hour" | "day", string>>>> = {
  en: { second: "s", minute: "m", minuteShort: "min", hour: "h", day: "d" },
  ro: { second: "s", minute: "m", minuteShort: "min.", hour: "h", day: "z" },
  de: { second: "Sek.", minute: "Min.", minuteShort: "Min.", hour: "h", day: "T" },
};
const unit = (lang: Lang, value: number, name: keyof (typeof UNITS)["en"]): string =>
  `${value}\u00a0${UNITS[lang][name]}`;

/** Return a duration in a sentence, where "m" would be metres: "40 s", "3 min", "2 h", "4 d". Never negative. */
export function span(lang: Lang, ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return unit(lang, seconds, "second");
  if (seconds < 3600) return unit(lang, Math.floor(seconds / 60), "minuteShort");
  if (seconds < 86_400) return unit(lang, Math.floor(seconds / 3600), "hour");
  return unit(lang, Math.floor(seconds / 86_400), "day");
}

/** Return a wait for a list's row, where it stands beside a clock: "< 1 m", "3 m", "2 h". */
export const waitSpan = (lang: Lang, ms: number): string =>
  ms < 3_600_000
    ? `${ms < 60_000 ? "< " : ""}${unit(lang, Math.max(1, Math.floor(ms / 60_000)), "minute")}`
    : span(lang, ms);

export type Wait = "fine" | "warn" | "bad";

/** Return the level: warn at the target, bad at twice the target (docs/operating.md#settings). */
export function waitLevel(waitedMs: number, targetMs: number): Wait {
  if (waitedMs >= 2 * targetMs) return "bad";
  return waitedMs >= targetMs ? "warn" : "fine";
}

/**
 * Format Wh as kWh, as charts have it: "< 0.01 kWh", "0.42 kWh", "9.4 kWh", "248 kWh". Args: most: the largest amount of
 * a table's smaller column, so that all of its rows have as many decimals.
 */
export function energy(lang: Lang, wh: number, most?: number): string {
  const inColumn = __DESK__ && most !== undefined;
  const size = Math.abs(inColumn ? most : wh);
  const small = inColumn ? (size > 0 && size < 100 ? 3 : 2) : size > 0 && size < 1000 ? 2 : 1;
  const digits = size >= 100_000 ? 0 : size >= 10_000 ? 1 : small;
  // Little is not nothing.
  const isTiny = !inColumn && size > 0 && size < 5;
  const figure = numberFormat(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${isTiny ? "< " : ""}${figure.format(isTiny ? 0.01 : wh / 1000)} kWh`;
}

/** Format Wh as kWh without the unit, for an axis that names it. Args: digits: at least so many after the point, 2 at most. */
export const kilowattHours = (lang: Lang, wh: number, digits = 0): string =>
  numberFormat(lang, { minimumFractionDigits: digits, maximumFractionDigits: 2 }).format(wh / 1000);

/** Format watts: "0.42 kW". */
export const power = (lang: Lang, w: number): string =>
  `${numberFormat(lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(w / 1000)} kW`;

/** Format what energy costs at a price of a kWh: "€6.15"; `isWhole` leaves the cents out. */
export const cost = (lang: Lang, wh: number, { amount, currency }: Money, isWhole = false): string =>
  numberFormat(lang, { style: "currency", currency, ...(isWhole && { maximumFractionDigits: 0 }) }).format(
    (wh / 1000) * amount,
  );

/** Format a share: "−12 %", "+8 %". */
export const percent = (lang: Lang, part: number): string =>
  numberFormat(lang, { style: "percent", signDisplay: "exceptZero", maximumFractionDigits: 0 })
    .format(part)
    .replace("-", "−");

/** Format a file size: "44 bytes", "340 kB", "1.2 MB". */
export function fileSize(lang: Lang, bytes: number): string {
  const [value, name] =
    bytes < 1000 ? [bytes, "byte"] : bytes < 1e6 ? [bytes / 1000, "kilobyte"] : [bytes / 1e6, "megabyte"];
  // The short form of 44 bytes is "44 byte".
  const unitDisplay = bytes < 1000 ? "long" : "short";
  return numberFormat(lang, {
    style: "unit",
    unit: name,
    unitDisplay,
    maximumFractionDigits: value < 10 ? 1 : 0,
  })
    .format(value)
    .replace(" ", "\u00a0");
}

/** Return initials: "Maria Pop" is MP; "Visitor 7f3a", whom the board names by the id, is V. */
export function initials(name: string | null | undefined, id: string): string {
  const words = (name?.match(/[\p{L}\p{N}]\S*/gu) ?? []).filter((word) => !id.includes(word));
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return ends.map((word = "") => [...word][0]).join("") || id.slice(2, 3) || "?";
}
