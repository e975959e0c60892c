/** Delete what this browser stores of a person who has signed out of the portal's page. */

import { writeLocal } from "../link/outbox-journal.ts";
import { turnOff } from "../link/push.ts";
import { openStore } from "../link/store.ts";
import { GUEST_KEY, PUSHED, USED_KEY } from "./last-visitor.ts";

/** Delete cache, drafts, notifications, unsent messages with their files, the unread key, and the guest that the person was before. */
export async function forget(me: string): Promise<void> {
  void turnOff(PUSHED, null).catch(() => undefined);
  for (const key of ["last", "early", `rang/${me}`, `named/${me}`]) writeLocal(`wattline/${key}`, null);
  for (const key of [USED_KEY, GUEST_KEY]) writeLocal(key, null);
  const store = await openStore(me);
  for (const { id } of await store.list()) {
    await store.change({ do: "drop", id });
    await store.dropFile(id);
  }
  await store.forgetAll();
  store.close();
}
