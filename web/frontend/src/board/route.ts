/** Keep what the screen shows in the address, so that back and reload work. Pure. */

import { SETTING_PAGES } from "../link/settings.gen.ts";
import type { PageTexts } from "../ui/page-messages.ts";

export type Pane = "list" | "conversation" | "context";
/** In the order of the navigation. */
export const PAGES = [
  "reports",
  "agents",
  ...SETTING_PAGES,
  "outage",
  "devices",
  "portal",
  "keys",
  "outbound",
  "start",
] as const;
export type Page = (typeof PAGES)[number];

export interface Route {
  readonly client: string | null;
  readonly pane: Pane;
  /** The entry to scroll to. */
  readonly seq?: number;
  /** A page beside the conversations: the reports, or one of the settings. */
  readonly page?: Page | "missing";
  /** The outage that the page `outage` shows. */
  readonly incident?: string;
  /** That page begins with the form for a newer text. */
  readonly update?: boolean;
}

/** What looks like a page's address, and like no conversation's. */
const ANY_PAGE = /^#\/[a-z]+(?:\/|$)/u;
const SETTINGS = /^#\/settings\/?$/u;
const INCIDENT = /^#\/settings\/outage\/([A-Za-z0-9_-]{1,36})(\/update)?$/u;
const CONVERSATION = /^#\/([cg]-[a-z0-9_-]{1,30})(?:\/(client)|\/at\/(\d{1,9}))?$/u;

export function parseRoute(hash: string): Route {
  const page = PAGES.find((name) => hash === pageHash(name));
  if (page) return { client: null, pane: "list", page };
  const [, incident, update] = INCIDENT.exec(hash) ?? [];
  if (incident) return { client: null, pane: "list", page: "outage", incident, ...(update && { update: true }) };
  if (SETTINGS.test(hash)) return { client: null, pane: "list", page: "branding" };
  if (ANY_PAGE.test(hash)) return { client: null, pane: "list", page: "missing" };
  const match = CONVERSATION.exec(hash);
  if (!match?.[1]) return { client: null, pane: "list" };
  if (match[3]) return { client: match[1], pane: "conversation", seq: Number(match[3]) };
  return { client: match[1], pane: match[2] ? "context" : "conversation" };
}

const pageHash = (page: Page | "missing"): string => (page === "reports" ? "#/reports" : `#/settings/${page}`);

export function routeHash({ client, pane, seq, page, incident, update }: Route): string {
  if (page === "outage" && incident) return `${pageHash(page)}/${incident}${update ? "/update" : ""}`;
  if (page) return pageHash(page);
  if (client === null || pane === "list") return "#/";
  if (pane === "context") return `#/${client}/client`;
  return seq === undefined ? `#/${client}` : `#/${client}/at/${seq}`;
}

type PageKey = `page${Capitalize<Page>}`;

/** Return a page's title; the text of page `hours` is `pageHours`. */
export const pageName = (t: Pick<PageTexts, PageKey>, page: Page): string =>
  t[`page${page.charAt(0).toUpperCase()}${page.slice(1)}` as PageKey];
