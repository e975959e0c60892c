/**
 * How much of a conversation is drawn: its newest part while one reads at its end, and what was asked for above that.
 * Hundreds of bubbles drawn at once hold up the newest of them on a slow machine. Pure.
 */

import type { Item } from "../core/view.ts";

/** So many are drawn to begin with, and more at each asking. */
export const DRAWN = 50;
/** So many more may come before the upper ones are left out again. */
const SPARE = 50;

interface Reader {
  /** The key of the first item that was drawn before; null where that were all. */
  readonly first: string | null;
  readonly atEnd: boolean;
  /** The seq of an item that has to be drawn. */
  readonly wanted?: number | undefined;
}

/** The place of the first item that is drawn. What one has before one's eyes is never left out. */
export function drawnFrom(items: readonly Item[], { first, atEnd, wanted }: Reader): number {
  let from = Math.max(
    0,
    items.findIndex(({ key }) => key === first),
  );
  if (atEnd && items.length - from > DRAWN + SPARE) from = items.length - DRAWN;
  const place = items.findIndex(({ seq }) => seq === wanted);
  return place < 0 ? from : Math.min(from, place);
}
