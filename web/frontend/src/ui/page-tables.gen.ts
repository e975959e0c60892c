/** Generated from messages/ by scripts/text_tables.py. */

import * as pagesEn from "./messages/pages.en.ts";
import * as pagesRo from "./messages/pages.ro.ts";
import * as pagesDe from "./messages/pages.de.ts";
import * as settingsEn from "./messages/settings.en.ts";
import * as settingsRo from "./messages/settings.ro.ts";
import * as settingsDe from "./messages/settings.de.ts";
import type { InEach } from "./text-tables.gen.ts";

export const pageMessages: InEach<typeof pagesEn.pages> = { en: pagesEn.pages, ro: pagesRo.pages, de: pagesDe.pages };
export const settingPageMessages: InEach<typeof settingsEn.settingPages> = { en: settingsEn.settingPages, ro: settingsRo.settingPages, de: settingsDe.settingPages };
