/** The time zone in which consumption is told. */

import { signal } from "@preact/signals";
import { readLocal, writeLocal } from "../link/outbox-journal.ts";
import type { Zone } from "../ui/format.ts";

const KEY = "wattline/tz";

/** The platform's time zone, as the server told it last. */
export const platformZone = signal<Zone>(readLocal(KEY) ?? undefined);

/** Take the time zone that came with the credentials, and remember it: a later visit draws its log before it has some. */
export function tellDaysIn(zone: string | null | undefined): void {
  if (!zone || zone === platformZone.peek()) return;
  platformZone.value = zone;
  writeLocal(KEY, zone);
}
