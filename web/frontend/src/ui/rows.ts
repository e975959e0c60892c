/**
 * A conversation's rows in drawing order: days, events, notes, messages. A group is not a row, so a message that
 * changes its group (the server's clock shows another minute) keeps its element. Pure.
 */

import type { Item } from "../core/view.ts";
import { SAID_KINDS } from "../protocol/kinds.ts";

/** An agents' note about a conversation; never a message. */
export interface ShownNote {
  readonly id: string;
  readonly agent: string;
  readonly name: string | null;
  readonly text: string;
  readonly at: number;
}

export type Row =
  | { readonly row: "day"; readonly key: string; readonly at: number }
  | { readonly row: "unread"; readonly key: string }
  | { readonly row: "event"; readonly key: string; readonly item: Item }
  | { readonly row: "note"; readonly key: string; readonly note: ShownNote }
  /** `ends`: whether a group ends with it. */
  | { readonly row: "said"; readonly key: string; readonly item: Item; readonly ends: boolean };

/** Return whether it is a message, not an event. */
export const isSaid = (item: Item): boolean => SAID_KINDS.includes(item.kind);
/** A rating is a line as an event is, unless it needs the tools of a message that was not sent. */
const isDrawnAsMessage = (item: Item): boolean =>
  isSaid(item) && (item.kind !== "rating" || item.deleted || item.tick === "failed");

/** Return whether it is a rating that replaces the one before it. */
const isCounted = (item?: Item): boolean => item?.kind === "rating" && !isDrawnAsMessage(item);

interface Options {
  readonly notes?: readonly ShownNote[];
  readonly firstUnread?: string | null;
  /** Kinds of event that this screen leaves out. */
  readonly without?: readonly string[];
}

/** Return the rows. Of ratings in a row only the last one counts. A note comes after everything older and never splits a group. */
export function rowsOf(items: readonly Item[], { notes = [], firstUnread = null, without = [] }: Options = {}): Row[] {
  const rows: Row[] = [];
  const waiting = __DESK__ ? [...notes].sort((a, b) => a.at - b.at) : [];
  const notesBefore = (at: number): void => {
    if (!__DESK__) return;
    for (let note = waiting[0]; note && note.at < at; note = waiting[0]) {
      rows.push({ row: "note", key: `note-${note.id}`, note });
      waiting.shift();
    }
  };
  const close = (): void => {
    const last = rows.at(-1);
    if (last?.row === "said") rows[rows.length - 1] = { ...last, ends: true };
  };
  for (const [place, item] of items.entries()) {
    const said = isDrawnAsMessage(item);
    if (item.firstOfGroup || item.firstOfDay || !said || item.key === firstUnread) {
      close();
      notesBefore(item.at);
    }
    if (item.firstOfDay || item === items[0]) rows.push({ row: "day", key: `day-${item.day}`, at: item.at });
    if (item.key === firstUnread) rows.push({ row: "unread", key: "unread" });
    // The line under a group says of its last message alone that it was edited.
    if (said) rows.push({ row: "said", key: item.key, item, ends: item.edited });
    else if (!without.includes(item.kind) && !(item.kind === "rating" && isCounted(items[place + 1])))
      rows.push({ row: "event", key: item.key, item });
  }
  close();
  notesBefore(Number.POSITIVE_INFINITY);
  return rows;
}

/** Lines that quote other words, at the beginning of a text. */
const QUOTE = /^(> .*(\n|$))+/;

/** Return a text without the lines that it quotes. */
export const ownWords = (text: string): string => text.replace(QUOTE, "");

/** Return the words that a text quotes; empty for none. */
export const quotedWords = (text: string): string => (QUOTE.exec(text)?.[0] ?? "").replace(/^> /gm, "").trim();

interface Piece {
  readonly text: string;
  readonly href: string | null;
}

const LINK = /https?:\/\/[^\s<>"'`]+/giu;

/** Split a text into words and http(s) links, without a link's final punctuation. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const link = match[0].replace(/[.,;:!?)\]}»”’]+$/u, "");
    if (!URL.canParse(link)) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index), href: null });
    found.push({ text: link, href: link });
    from = match.index + link.length;
  }
  if (from < text.length) found.push({ text: text.slice(from), href: null });
  return found;
}
