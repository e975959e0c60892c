/** The search box's filter over the list: every word somewhere in the row. Pure. */

import type { InboxRow } from "../core/inbox.ts";

/** Without case and accents: "lazar" finds Lazăr. */
export const folded = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export function found(row: InboxRow, query: string): boolean {
  const words = folded(query).split(/\s+/u).filter(Boolean);
  if (words.length === 0) return true;
  const text = folded([row.name ?? "", row.client, row.lastText, row.assigneeName ?? "", ...row.tags].join("\n"));
  return words.every((word) => text.includes(word));
}
