/** The time zone in which consumption is told. */

import { signal } from "@preact/signals";
import type { Zone } from "../ui/format.ts";

/** The platform's time zone, when it is not the reader's own. */
export const platformZone = signal<Zone>(undefined);

/** Take the time zone that came with consumption. */
export function tellDaysIn(zone: Zone): void {
  if (zone !== new Intl.DateTimeFormat().resolvedOptions().timeZone) platformZone.value = zone;
}
