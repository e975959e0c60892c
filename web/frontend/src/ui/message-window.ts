/**
 * Which part of a conversation is drawn: the newest part at its end, and what the reader asked for above. Drawing
 * hundreds of messages delays the newest one on a slow machine. Pure.
 */

import type { Item } from "../core/view.ts";

/** Items drawn at first, and more at each request. */
export const DRAWN = 50;
/** So many more may come before upper ones are left out again. */
const SPARE = 50;

interface Reader {
  /** The key of the first item drawn before; null for all. */
  readonly first: string | null;
  readonly atEnd: boolean;
  /** The seq of an item that must be drawn. */
  readonly wanted?: number | undefined;
}

/** Return the index of the first item to draw. Visible items are never left out. */
export function drawnFrom(items: readonly Item[], { first, atEnd, wanted }: Reader): number {
  let from = Math.max(
    0,
    items.findIndex(({ key }) => key === first),
  );
  if (atEnd && items.length - from > DRAWN + SPARE) from = items.length - DRAWN;
  const place = items.findIndex(({ seq }) => seq === wanted);
  return place < 0 ? from : Math.min(from, place);
}
