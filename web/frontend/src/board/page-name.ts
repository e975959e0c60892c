/** What a page is called. */

import type { BoardTexts } from "../ui/messages.ts";
import type { Page } from "./route.ts";

export const pageName = (t: BoardTexts, page: Page): string =>
  ({
    overview: t.pageOverview,
    agents: t.pageAgents,
    canned: t.pageCanned,
    hours: t.pageHours,
    answers: t.pageAnswers,
    outage: t.pageOutage,
    devices: t.pageDevices,
    portal: t.pagePortal,
  })[page];
