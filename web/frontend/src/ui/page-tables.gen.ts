/** Generated from messages/ by scripts/text_tables.py. */

import * as pagesEn from "./messages/pages.en.ts";
import * as pagesRo from "./messages/pages.ro.ts";
import * as pagesDe from "./messages/pages.de.ts";
import type { InEach } from "./text-tables.gen.ts";

export const pageMessages: InEach<typeof pagesEn.pages> = { en: pagesEn.pages, ro: pagesRo.pages, de: pagesDe.pages };
