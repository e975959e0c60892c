/** Generated from messages/ by scripts/text_tables.py. */

import type { Lang } from "../protocol/languages.gen.ts";
import * as en from "./messages/en.ts";
import * as ro from "./messages/ro.ts";
import * as de from "./messages/de.ts";
import * as boardEn from "./messages/board.en.ts";
import * as boardRo from "./messages/board.ro.ts";
import * as boardDe from "./messages/board.de.ts";
import type { Like } from "./messages/like.ts";

export * from "../protocol/languages.gen.ts";
export type InEach<T> = Readonly<Record<Lang, Like<T>>>;

export const launcherMessages: InEach<typeof en.launcher> = { en: en.launcher, ro: ro.launcher, de: de.launcher };
export const deskMessages: InEach<typeof en.desk> = { en: en.desk, ro: ro.desk, de: de.desk };
export const chartMessages: InEach<typeof en.chart> = { en: en.chart, ro: ro.chart, de: de.chart };
export const chatMessages: InEach<typeof en.chat> = { en: en.chat, ro: ro.chat, de: de.chat };
export const widgetMessages: InEach<typeof en.widget> = { en: en.widget, ro: ro.widget, de: de.widget };
export const unsentMessages: InEach<typeof en.unsent> = { en: en.unsent, ro: ro.unsent, de: de.unsent };
export const laterMessages: InEach<typeof en.later> = { en: en.later, ro: ro.later, de: de.later };
export const pictureMessages: InEach<typeof en.pictures> = { en: en.pictures, ro: ro.pictures, de: de.pictures };
export const mailMessages: InEach<typeof en.mail> = { en: en.mail, ro: ro.mail, de: de.mail };
export const portalMessages: InEach<typeof en.portal> = { en: en.portal, ro: ro.portal, de: de.portal };
export const compareMessages: InEach<typeof en.compare> = { en: en.compare, ro: ro.compare, de: de.compare };
export const offlineMessages: InEach<typeof en.offline> = { en: en.offline, ro: ro.offline, de: de.offline };
export const faultMessages: InEach<typeof en.faults> = { en: en.faults, ro: ro.faults, de: de.faults };
export const boardMessages: InEach<typeof boardEn.board> = { en: boardEn.board, ro: boardRo.board, de: boardDe.board };
