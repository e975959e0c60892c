/** Read the board page's configuration from a JSON script element: the CSP forbids inline code. */

import type { Teams } from "../link/desk-teams.ts";
import { chooseLang, type Lang } from "../ui/messages.ts";

export interface BoardConfig {
  readonly api: string;
  readonly lang: Lang;
  /** The platform's time zone, for consumption. Messages show the browser's own. */
  readonly tz: string | undefined;
  readonly teams: Teams | undefined;
  /** `shown`: by which name clients know the agent. */
  readonly me: { readonly id: string; readonly name: string; readonly shown: string; readonly admin: boolean };
  /** Whether a browser notifies the agent while no board is open. */
  readonly isNotified: boolean;
  readonly targetMs: number;
  /** The company's name; null where no administrator gave one. */
  readonly company: string | null;
  /** Whether the server shows the pages of invented clients. */
  readonly isDemo: boolean;
  readonly logout: string;
  readonly csrf: string;
}

/** Return the first rows of the inbox, if the page holds them. */
export function readFirstRows(page: Document): object | null {
  return JSON.parse(page.getElementById("wl-inbox")?.textContent ?? "null");
}

/** The default answer target. */
const TARGET_MIN = 5;

export function readBoardConfig(page: Document): BoardConfig {
  const raw = JSON.parse(page.getElementById("wl-config")?.textContent ?? "{}") as {
    api?: string;
    lang?: string;
    tz?: string;
    teams?: Teams;
    me?: { id: string; name: string; shown: string; admin?: boolean };
    notified?: boolean;
    answer_target_min?: number;
    company?: string;
    demo?: boolean;
    logout?: string;
  };
  if (!raw.me) throw new Error("the board's page names no agent");
  return {
    api: raw.api ?? "",
    lang: chooseLang(raw.lang, page.documentElement.lang),
    tz: raw.tz,
    teams: raw.teams,
    me: { ...raw.me, admin: raw.me.admin ?? false },
    isNotified: raw.notified ?? false,
    targetMs: (raw.answer_target_min ?? TARGET_MIN) * 60_000,
    company: raw.company || null,
    isDemo: raw.demo ?? false,
    logout: raw.logout ?? "/logout",
    csrf: page.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "",
  };
}
