/** What is on screen, kept in the address: back and reload just work. Pure. */

import type { BoardTexts } from "../ui/messages.ts";

export type Pane = "list" | "conversation" | "context";
export const PAGES = [
  "overview",
  "agents",
  "canned",
  "hours",
  "answers",
  "outage",
  "alarms",
  "devices",
  "portal",
] as const;
export type Page = (typeof PAGES)[number];

export interface Route {
  readonly client: string | null;
  readonly pane: Pane;
  /** The entry to be shown in its place, as from a search. */
  readonly seq?: number;
  /** Another page than the chats: the overview, or one of the settings. */
  readonly page?: Page;
}

const TALK = /^#\/([cg]-[a-z0-9_-]{1,30})(?:\/(client)|\/at\/(\d{1,9}))?$/u;

export function parseRoute(hash: string): Route {
  const page = PAGES.find((name) => hash === pageHash(name));
  if (page) return { client: null, pane: "list", page };
  const match = TALK.exec(hash);
  if (!match?.[1]) return { client: null, pane: "list" };
  if (match[3]) return { client: match[1], pane: "conversation", seq: Number(match[3]) };
  return { client: match[1], pane: match[2] ? "context" : "conversation" };
}

const pageHash = (page: Page): string => (page === "overview" ? "#/overview" : `#/settings/${page}`);

export function routeHash({ client, pane, seq, page }: Route): string {
  if (page) return pageHash(page);
  if (client === null || pane === "list") return "#/";
  if (pane === "context") return `#/${client}/client`;
  return seq === undefined ? `#/${client}` : `#/${client}/at/${seq}`;
}

/** Return what a page is called. */
export const pageName = (t: BoardTexts, page: Page): string =>
  ({
    overview: t.pageOverview,
    agents: t.pageAgents,
    canned: t.pageCanned,
    hours: t.pageHours,
    answers: t.pageAnswers,
    outage: t.pageOutage,
    alarms: t.pageAlarms,
    devices: t.pageDevices,
    portal: t.pagePortal,
  })[page];
