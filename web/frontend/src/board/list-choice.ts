/** What narrows and orders the list beside its tab. Pure. */

import { mentionOf, type Summary } from "../core/inbox.ts";

export const ORDERS = ["waiting", "newest"] as const;
export type Order = (typeof ORDERS)[number];
/** What the shown conversations have in common. */
export type Facet = "unread" | "urgent" | "mentioned" | `tag:${string}`;

/** A menu of tags offers this many, the most frequent ones. */
export const MAX_TAGS = 20;

export const tagOf = (facet: Facet): string | null => (facet.startsWith("tag:") ? facet.slice(4) : null);

/** Return whether a conversation has the facet; null admits all. Args: me: whom a note mentions. */
export function hasFacet(summary: Summary, facet: Facet | null, me: string): boolean {
  if (facet === null) return true;
  const tag = tagOf(facet);
  if (tag !== null) return summary.tags.includes(tag);
  if (facet === "mentioned") return mentionOf(summary, me) !== null;
  return facet === "unread" ? summary.unread > 0 : summary.priority === "high";
}

/** Return the rows in an order. Args: rows: by waiting time, as the inbox keeps them. */
export function inOrder(rows: readonly Summary[], order: Order): readonly Summary[] {
  if (order === "waiting") return rows;
  return [...rows].sort((one, other) => (other.last?.at ?? 0) - (one.last?.at ?? 0));
}

/** Return the tags of conversations, the most frequent first. */
export function tagsOf(summaries: readonly Summary[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { tags } of summaries) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].sort((one, other) => other[1] - one[1] || one[0].localeCompare(other[0])).map(([tag]) => tag);
}
