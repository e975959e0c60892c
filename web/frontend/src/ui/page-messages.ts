/** The texts of the board's pages: the reports and the settings. The board loads them with the first page or dialog. */

import type * as pagesEn from "./messages/pages.en.ts";
import type * as settingsEn from "./messages/settings.en.ts";
import { settingTexts } from "./messages/settings.gen.ts";
import { type BoardTexts, boardTextsFor, type InEach, type Lang, type Spoken } from "./messages.ts";
import { pageMessages, settingPageMessages } from "./page-tables.gen.ts";

export const settingMessages: InEach<(typeof settingTexts)["en"]> = settingTexts;

type Words = typeof pagesEn.pages & typeof settingsEn.settingPages & (typeof settingTexts)["en"];
/** A page's texts are the board's, with its own before them. */
export type PageTexts = Spoken<Omit<BoardTexts, keyof Words> & Words>;

export const pageTextsFor = (lang: Lang): PageTexts => ({
  ...boardTextsFor(lang),
  ...settingMessages[lang],
  ...pageMessages[lang],
  ...settingPageMessages[lang],
});
