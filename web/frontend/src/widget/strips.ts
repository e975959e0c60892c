/** What the chat shows between messages and field, decided before it loads. */

import type { ConversationView, Item } from "../core/view.ts";
import { readLocal, writeLocal } from "../link/outbox-journal.ts";

/** none: not ended. */
export type End = "none" | "rate" | "rated";

/** Return the state by the last event and what was sent since. */
export function endOf(items: readonly Item[]): End {
  let end: End = "none";
  for (const { kind, mine, tick } of items) {
    if (kind === "resolved") end = "rate";
    else if (kind === "rating") end = end === "none" || tick === "failed" ? end : "rated";
    else if (kind === "reopened" || (mine && tick === "sending")) end = "none";
  }
  return end;
}

/** Return whether the client waits for a person's answer. */
export const hasOpenQuestion = ({ items }: ConversationView): boolean =>
  endOf(items) === "none" && items.findLast(({ seq, sender }) => seq !== null && !/^[bs]/.test(sender))?.mine === true;

const askedKey = (client: string): string => `wattline/named/${client}`;

/** Return whether to ask: a guest's message was stored, and the guest was not asked before. */
export const mayAskName = ({ client, items }: ConversationView): boolean =>
  client.startsWith("g-") &&
  items.some(({ mine, seq }) => mine && seq !== null) &&
  readLocal(askedKey(client)) === null;

export const nameAsked = (client: string): void => writeLocal(askedKey(client), "1");
