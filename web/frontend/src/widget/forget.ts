/** Delete what this browser stores of a person who has signed out of the portal's page. */

import { namesIn, writeLocal } from "../link/outbox-journal.ts";
import { turnOff } from "../link/push.ts";
import { openStore } from "../link/store.ts";
import { GUEST_KEY, PUSHED, USED_KEY } from "./last-visitor.ts";

/** Delete cache, drafts, notifications, unsent messages with their files, and the guest that the person was before. */
export async function forget(me: string): Promise<void> {
  const unsubscribed = turnOff(PUSHED, null).catch(() => undefined);
  const own = namesIn("localStorage", "wattline/").filter((name) => name.endsWith(`/${me}`));
  for (const key of [...own, USED_KEY, GUEST_KEY, "wattline/last", "wattline/early"]) writeLocal(key, null);
  const store = await openStore(me);
  for (const { id } of await store.list()) {
    await store.change({ do: "drop", id });
    await store.dropFile(id);
  }
  await store.forgetAll();
  store.close();
  await unsubscribed; // the page may leave after this
}
