/** Who is at the desk, in words. Pure. */

import type { DeskNotice } from "../protocol/payloads.ts";
import { capital, whenNear } from "../ui/format.ts";
import type { WidgetTexts } from "../ui/messages.ts";

export interface Desk {
  /** Null: open, and nobody's presence is known. */
  readonly state: "online" | "away" | "offline" | null;
  readonly text: string;
}

/** So many are named; a longer list helps nobody. */
const NAMED = 3;

export function describeDesk(notice: DeskNotice | null, t: WidgetTexts, nowMs: number): Desk | null {
  if (!notice) return null;
  const { agents, next, open, replyS } = notice;
  if (!open) return { state: "offline", text: next === null ? t.closed : t.closedUntil(whenNear(t.lang, next, nowMs)) };
  const names = agents.slice(0, NAMED).map((agent) => agent.name);
  const usual = replyS === null ? "" : t.usualReply(Math.max(1, Math.round(replyS / 60)));
  if (names.length > 0) return { state: "online", text: [t.here(names), usual].filter(Boolean).join(" · ") };
  return usual ? { state: null, text: capital(usual) } : { state: "away", text: t.nobody };
}
