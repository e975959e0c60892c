/** The title of a shared period. Pure. */

import type { Card } from "../protocol/kinds.ts";
import { weekdayDay, type Zone } from "./format.ts";
import type { Lang } from "./messages.ts";

const DAY_MS = 86_400_000;

/** Return "Mon 23 Nov", or the first and the last day. */
export function cardTitle(lang: Lang, card: Card, zone: Zone): string {
  const [day, last] = [card.from, card.to - 1].map((at) => weekdayDay(lang, at, zone)) as [string, string];
  // A day may have 25 hours.
  return card.to - card.from <= DAY_MS || day === last ? day : `${day} – ${last}`;
}
