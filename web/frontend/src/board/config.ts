/** The board page's configuration, as its template wrote it (a JSON script element: the CSP forbids inline code). */

import { chooseLang, type Lang } from "../ui/messages.ts";

export interface BoardConfig {
  readonly api: string;
  readonly lang: Lang;
  /** The platform's zone, for consumption; what people say is told in the reader's own. */
  readonly tz: string | undefined;
  readonly me: { readonly id: string; readonly name: string; readonly admin: boolean };
  readonly targetMs: number;
  readonly logout: string;
  readonly csrf: string;
  readonly assets: Readonly<Record<string, string>>;
}

/** The first rows of the inbox, where the page brought them. */
export function readFirstRows(page: Document): object | null {
  return JSON.parse(page.getElementById("wl-inbox")?.textContent ?? "null");
}

/** A person who waits longer than this waits too long, when the page does not say. */
const TARGET_MIN = 5;

export function readBoardConfig(page: Document): BoardConfig {
  const raw = JSON.parse(page.getElementById("wl-config")?.textContent ?? "{}") as {
    api?: string;
    lang?: string;
    tz?: string;
    me?: { id: string; name: string; admin?: boolean };
    answer_target_min?: number;
    logout?: string;
    assets?: Record<string, string>;
  };
  if (!raw.me) throw new Error("the board's page names no agent");
  return {
    api: raw.api ?? "",
    lang: chooseLang(raw.lang, page.documentElement.lang),
    tz: raw.tz,
    me: { id: raw.me.id, name: raw.me.name, admin: raw.me.admin ?? false },
    targetMs: (raw.answer_target_min ?? TARGET_MIN) * 60_000,
    logout: raw.logout ?? "/logout",
    csrf: page.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "",
    assets: raw.assets ?? {},
  };
}
