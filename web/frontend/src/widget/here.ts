/** Who is at the desk, in words. Pure. */

import type { DeskNotice } from "../protocol/payloads.ts";
import { whenNear } from "../ui/format.ts";
import type { WidgetTexts } from "../ui/messages.ts";

export interface Desk {
  readonly state: "online" | "away" | "offline";
  readonly text: string;
}

/** So many are named; a longer list helps nobody. */
const NAMED = 3;

export function describeDesk(notice: DeskNotice | null, t: WidgetTexts, nowMs: number): Desk | null {
  if (!notice) return null;
  const names = notice.agents.slice(0, NAMED).map((agent) => agent.name);
  if (!notice.open) {
    const { next } = notice;
    return { state: "offline", text: next === null ? t.closed : t.closedUntil(whenNear(t.lang, next, nowMs)) };
  }
  const minutes = notice.replyS === null ? null : Math.max(1, Math.round(notice.replyS / 60));
  const parts = [names.length > 0 ? t.here(names) : t.nobody, minutes === null ? "" : t.usualReply(minutes)];
  return { state: names.length > 0 ? "online" : "away", text: parts.filter(Boolean).join(" · ") };
}
