/** Generated from messages/ by scripts/text_tables.py. */

import * as outageEn from "./messages/outage.en.ts";
import * as outageRo from "./messages/outage.ro.ts";
import * as outageDe from "./messages/outage.de.ts";
import type { InEach } from "./text-tables.gen.ts";

export const powerMessages: InEach<typeof outageEn.power> = { en: outageEn.power, ro: outageRo.power, de: outageDe.power };
export const noticeMessages: InEach<typeof outageEn.notices> = { en: outageEn.notices, ro: outageRo.notices, de: outageDe.notices };
