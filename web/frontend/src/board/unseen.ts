/** What stands unread on a client's display: the desk's words above the client's own marker. Pure. */

import type { Item } from "../core/view.ts";
import { SAID_KINDS } from "../protocol/kinds.ts";

const SAID: readonly string[] = SAID_KINDS;

export const unseenBy = (items: readonly Item[], readSeq: number): number =>
  items.filter(
    ({ side, kind, seq, deleted }) => side === "agent" && SAID.includes(kind) && !deleted && (seq ?? 0) > readSeq,
  ).length;
