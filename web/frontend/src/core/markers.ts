/** High-water marks of seq: how far each reader is. A maximum, so order and repeats do no harm. Touches nothing. */

import { roleOf } from "../protocol/ids.ts";
import type { Marker } from "../protocol/payloads.ts";

export type Markers = Readonly<Record<string, Marker>>;
export const NOTHING_READ: Marker = { delivered: 0, read: 0 };

/** The higher of both, field by field; what was read was delivered. */
export function highest(one: Marker, other: Marker): Marker {
  const read = Math.max(one.read, other.read);
  return { read, delivered: Math.max(one.delivered, other.delivered, read) };
}

export const raise = (markers: Markers, reader: string, marker: Marker): Markers => ({
  ...markers,
  [reader]: highest(markers[reader] ?? NOTHING_READ, marker),
});

/** How far the other side is: for a client the maximum over the agents (a bot's makes no tick), for an agent the client's. */
export function otherSide(markers: Markers, client: string, me: string): Marker {
  const counts = (reader: string): boolean => (me === client ? roleOf(reader) === "agent" : reader === client);
  return Object.entries(markers)
    .filter(([reader]) => counts(reader))
    .reduce((high, [, marker]) => highest(high, marker), NOTHING_READ);
}

/** What became of an entry of one's own. A marker beyond the last known seq waits here for its entries. */
export function tickOf(seq: number, other: Marker): "stored" | "delivered" | "read" {
  if (seq <= other.read) return "read";
  return seq <= other.delivered ? "delivered" : "stored";
}
