/** Markers: how far each reader is, as a seq. Only the maximum counts, so order and repeats do no harm. Pure. */

import { roleOf } from "../protocol/ids.ts";
import type { Marker } from "../protocol/payloads.ts";

export type Markers = Readonly<Record<string, Marker>>;
export const NOTHING_READ: Marker = { delivered: 0, read: 0 };

/** Return the maximum of each field. Read implies delivered. */
export function highest(one: Marker, other: Marker): Marker {
  const read = Math.max(one.read, other.read);
  return { read, delivered: Math.max(one.delivered, other.delivered, read) };
}

export const raise = (markers: Markers, reader: string, marker: Marker): Markers => ({
  ...markers,
  [reader]: highest(markers[reader] ?? NOTHING_READ, marker),
});

/** Return the other side's marker: for a client the maximum of the agents (not of bots), for an agent the client's. */
export function otherSide(markers: Markers, client: string, me: string): Marker {
  const counts = (reader: string): boolean => (me === client ? roleOf(reader) === "agent" : reader === client);
  return Object.entries(markers)
    .filter(([reader]) => counts(reader))
    .reduce((high, [, marker]) => highest(high, marker), NOTHING_READ);
}

/** Return the tick of an own entry. */
export function tickOf(seq: number, other: Marker): "stored" | "delivered" | "read" {
  if (seq <= other.read) return "read";
  return seq <= other.delivered ? "delivered" : "stored";
}
