/**
 * The texts of every screen in every language. A missing key does not compile. Each language has two files in
 * messages/: `<lang>.ts` and, for the board, `board.<lang>.ts`; those of the board's pages are in page-messages.ts. A
 * constant for each screen lets bundles carry only their texts. Numbers and times come formatted (format.ts).
 */

import * as boardDe from "./messages/board.de.ts";
import * as boardEn from "./messages/board.en.ts";
import * as boardRo from "./messages/board.ro.ts";
import * as de from "./messages/de.ts";
import * as en from "./messages/en.ts";
import type { Like } from "./messages/like.ts";
import * as ro from "./messages/ro.ts";

/** The first one is the default. tests/vectors/languages.json keeps this equal to chat_core's LANGS. */
export const LANGS = ["en", "ro", "de"] as const;

export type Lang = (typeof LANGS)[number];

export type InEach<T> = Readonly<Record<Lang, Like<T>>>;

export const launcherMessages: InEach<typeof en.launcher> = { en: en.launcher, ro: ro.launcher, de: de.launcher };
export const chartMessages: InEach<typeof en.chart> = { en: en.chart, ro: ro.chart, de: de.chart };
export const chatMessages: InEach<typeof en.chat> = { en: en.chat, ro: ro.chat, de: de.chat };
export const deskMessages: InEach<typeof en.desk> = { en: en.desk, ro: ro.desk, de: de.desk };
export const widgetMessages: InEach<typeof en.widget> = { en: en.widget, ro: ro.widget, de: de.widget };
export const laterMessages: InEach<typeof en.later> = { en: en.later, ro: ro.later, de: de.later };
export const pictureMessages: InEach<typeof en.pictures> = { en: en.pictures, ro: ro.pictures, de: de.pictures };
export const mailMessages: InEach<typeof en.mail> = { en: en.mail, ro: ro.mail, de: de.mail };
export const powerMessages: InEach<typeof en.power> = { en: en.power, ro: ro.power, de: de.power };
export const portalMessages: InEach<typeof en.portal> = { en: en.portal, ro: ro.portal, de: de.portal };
export const compareMessages: InEach<typeof en.compare> = { en: en.compare, ro: ro.compare, de: de.compare };
export const offlineMessages: InEach<typeof en.offline> = { en: en.offline, ro: ro.offline, de: de.offline };
export const faultMessages: InEach<typeof en.faults> = { en: en.faults, ro: ro.faults, de: de.faults };
export const boardMessages: InEach<typeof boardEn.board> = { en: boardEn.board, ro: boardRo.board, de: boardDe.board };

/** Return the first wanted language that exists, else English. */
export function chooseLang(...wished: readonly (string | null | undefined)[]): Lang {
  for (const wish of wished) {
    const code = wish?.toLowerCase().split("-")[0];
    if (LANGS.includes(code as Lang)) return code as Lang;
  }
  return LANGS[0];
}

export type Spoken<T> = Like<T> & { readonly lang: Lang };

/** The texts of conversation parts, with their language. */
export type Texts = Spoken<typeof en.chat & typeof en.chart & typeof en.desk>;
export type ChartTexts = Like<typeof en.chart>;
export type WidgetTexts = Spoken<typeof en.widget>;
export type LaterTexts = Spoken<typeof en.later>;
export type PortalTexts = Spoken<typeof en.portal>;
export type CompareTexts = Spoken<typeof en.compare>;
export type BoardTexts = Spoken<typeof boardEn.board>;

export const textsFor = (lang: Lang): Texts => ({
  ...chatMessages[lang],
  ...chartMessages[lang],
  ...(__DESK__ ? deskMessages[lang] : (undefined as never)),
  lang,
});
export const widgetTextsFor = (lang: Lang): WidgetTexts => ({ ...widgetMessages[lang], lang });
export const laterTextsFor = (lang: Lang): LaterTexts => ({ ...laterMessages[lang], lang });
export const portalTextsFor = (lang: Lang): PortalTexts => ({ ...portalMessages[lang], lang });
export const compareTextsFor = (lang: Lang): CompareTexts => ({ ...compareMessages[lang], lang });
export const boardTextsFor = (lang: Lang): BoardTexts => ({ ...boardMessages[lang], lang });

export const unsentMessages: InEach<typeof en.unsent> = { en: en.unsent, ro: ro.unsent, de: de.unsent };

/** Return why a message was not sent. */
export const whyNotSent = (lang: Lang, why: string, text: string): string => unsentMessages[lang].whyNot(why, text);

/** Return why the server refused, in a language; else the server's own sentence. */
export const whyNot = (lang: Lang, why: string, text: string): string => faultMessages[lang].whyNot(why, text);
