/**
 * The texts of every screen in every language. A missing key does not compile. Each language has three files in
 * messages/: `<lang>.ts` and, for the board, `board.<lang>.ts`; those of the board's pages, `pages.<lang>.ts`, are in
 * page-messages.ts. Numbers and times come formatted (format.ts).
 */

import type * as boardEn from "./messages/board.en.ts";
import type * as en from "./messages/en.ts";
import type { Like } from "./messages/like.ts";
import {
  boardMessages,
  chartMessages,
  chatMessages,
  compareMessages,
  deskMessages,
  faultMessages,
  LANGS,
  type Lang,
  laterMessages,
  portalMessages,
  unsentMessages,
  widgetMessages,
} from "./text-tables.gen.ts";

export * from "./text-tables.gen.ts";

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

/** Return why a message was not sent. */
export const whyNotSent = (lang: Lang, why: string, text: string): string => unsentMessages[lang].whyNot(why, text);

/** Return why the server refused, in a language; else the server's own sentence. */
export const whyNot = (lang: Lang, why: string, text: string): string => faultMessages[lang].whyNot(why, text);
