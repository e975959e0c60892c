/**
 * Every word a screen says, in English and in Romanian. A key missing in one language, or with other arguments, does
 * not compile. One constant for each screen, so that a bundle carries only the words it shows. What the widget says lies
 * in files by language (messages/*.en.ts, *.ro.ts): the widget is built once for each, so that nobody loads both.
 *
 * Plurals follow Intl.PluralRules; numbers and times come here already formatted (format.ts).
 */

import { chat as chatEn } from "./messages/chat.en.ts";
import { chat as chatRo } from "./messages/chat.ro.ts";
import { launcher as launcherEn } from "./messages/launcher.en.ts";
import { launcher as launcherRo } from "./messages/launcher.ro.ts";
import type { Like } from "./messages/like.ts";
import { widget as widgetEn } from "./messages/widget.en.ts";
import { widget as widgetRo } from "./messages/widget.ro.ts";
import { count as en, list as listEn, number as numberEn } from "./messages/words.en.ts";
import { list as listRo, number as numberRo, count as ro } from "./messages/words.ro.ts";

export type Lang = "en" | "ro";

export const LANGS: readonly Lang[] = ["en", "ro"];

export type InBoth<T> = { readonly en: T; readonly ro: Like<T> };

export const both = <T extends Record<string, string | ((...args: never[]) => string)>>(
  en: T,
  ro: Like<T>,
): InBoth<T> => ({
  en,
  ro,
});

/** The first of the wished languages that we speak; English otherwise. */
export function chooseLang(...wished: readonly (string | null | undefined)[]): Lang {
  for (const wish of wished) {
    const lang = wish?.toLowerCase().split("-")[0];
    if (lang === "en" || lang === "ro") return lang;
  }
  return "en";
}

export const numbers = { en: { format: numberEn }, ro: { format: numberRo } };

export const list = { en: { format: listEn }, ro: { format: listRo } };

export const chatMessages = /* @__PURE__ */ both(chatEn, chatRo);

export const widgetMessages = /* @__PURE__ */ both(widgetEn, widgetRo);
export const launcherMessages = /* @__PURE__ */ both(launcherEn, launcherRo);

export const portalMessages = /* @__PURE__ */ both(
  {
    onUsual: (difference: string, weekday: string) => `${difference} on a usual ${weekday}`,
    likeUsual: (weekday: string) => `like a usual ${weekday}`,
    begun: "the day has just begun",
    meterAgo: (time: string) => `meter ${time} ago`,
    meterNow: "meter just now",
    noMeter: "waiting for the meter",
    about: (money: string) => `about ${money}`,
    last30: "Last 30 days",
    unusualDays: (n: number) => en(n, "unusual day", "unusual days"),
    usualDay: (value: string) => `A usual day is ${value}.`,
    highest: (value: string, day: string) => `Highest: ${value} on ${day}.`,
    askHint: "Something looks odd? Ask in the chat.",
    failed: "Your readings could not be loaded.",
    failedText: "The page tries again by itself.",
    noReadings: "No readings yet: they appear as soon as your meter reports.",
    outage: (text: string) => `Outage in your area: ${text}`,
    outageOver: "The outage in your area is over.",
  },
  {
    onUsual: (difference, weekday) => `${difference} față de o zi obișnuită de ${weekday}`,
    likeUsual: (weekday) => `ca într-o zi obișnuită de ${weekday}`,
    begun: "ziua abia a început",
    meterAgo: (time) => `contor acum ${time}`,
    meterNow: "contor chiar acum",
    noMeter: "se așteaptă contorul",
    about: (money) => `aproximativ ${money}`,
    last30: "Ultimele 30 de zile",
    unusualDays: (n) => ro(n, "zi neobișnuită", "zile neobișnuite"),
    usualDay: (value) => `O zi obișnuită are ${value}.`,
    highest: (value, day) => `Maxim: ${value} (${day}).`,
    askHint: "Ceva pare ciudat? Întrebați în discuție.",
    failed: "Citirile dvs. nu au putut fi încărcate.",
    failedText: "Pagina încearcă din nou singură.",
    noReadings: "Nicio citire încă: apar imediat ce contorul dvs. raportează.",
    outage: (text) => `Pană de curent în zona dvs.: ${text}`,
    outageOver: "Pana de curent din zona dvs. s-a încheiat.",
  },
);

export type Spoken<T> = Like<T> & { readonly lang: Lang };

/** The words of conversation parts (bubbles, composer, connection line), with the language they are in. */
export type Texts = Spoken<(typeof chatMessages)["en"]>;
export type WidgetTexts = Spoken<(typeof widgetMessages)["en"]>;
export type PortalTexts = Spoken<(typeof portalMessages)["en"]>;

export const textsFor = (lang: Lang): Texts => ({ ...chatMessages[lang], lang });
export const widgetTextsFor = (lang: Lang): WidgetTexts => ({ ...widgetMessages[lang], lang });
export const portalTextsFor = (lang: Lang): PortalTexts => ({ ...portalMessages[lang], lang });
