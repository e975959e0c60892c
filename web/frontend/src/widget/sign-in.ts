/** Sign in: a portal's user or a guest, the same guest as before if the browser still knows one. */

import { ClientLink } from "../link/client-link.ts";
import { pageEnvironment } from "../link/environment.ts";
import type { Environment } from "../link/link.ts";
import { readLocal, writeLocal } from "../link/outbox-journal.ts";
import { fetchIdentity, type Guest, type GuestKeep, guestSession, identitySession } from "../link/session.ts";
import { openStore } from "../link/store.ts";
import type { Host } from "./host.ts";
import { GUEST_KEY, subjectOf } from "./last-visitor.ts";

const LAST_KEY = "wattline/last";
/** How long a signed-in user waits for the guest's unsent messages. */
const GUEST_WITHIN_MS = 8_000;

export const guestKeep: GuestKeep = {
  load() {
    try {
      const guest: unknown = JSON.parse(readLocal(GUEST_KEY) ?? "null");
      const { id, token } = (guest ?? {}) as Partial<Guest>;
      return typeof id === "string" && typeof token === "string" ? { id, token } : null;
    } catch {
      return null;
    }
  },
  save: (guest) => writeLocal(GUEST_KEY, JSON.stringify(guest)),
  drop: () => writeLocal(GUEST_KEY, null),
};

type Visitor = Pick<Host, "base" | "lang" | "identity" | "identityUrl">;

/** Return the link of the visitor; nothing of another identity is opened. */
export async function signInVisitor(
  visitor: Visitor,
  environment: Environment = pageEnvironment(),
): Promise<ClientLink> {
  const { base, lang, identity } = visitor;
  const guest = guestKeep.load();
  const me = identity ? subjectOf(identity) : (guest?.id ?? null);
  await forgetLast(me);
  if (!identity)
    return new ClientLink({ base, session: guestSession(base, lang, guestKeep, environment.steady), me, environment });
  const emptied = guest !== null && (await sendGuestOutbox(visitor, guest, environment));
  const before = guest && { token: guest.token, told: () => emptied && guestKeep.drop() };
  const session = identitySession(base, lang, identity, freshIdentity(visitor, identity), before, environment.steady);
  return new ClientLink({ base, session, me, environment });
}

/** Delete the cache of the previous user, who has signed out. */
async function forgetLast(me: string | null): Promise<void> {
  const last = readLocal(LAST_KEY);
  if (last !== null && last !== me && last.startsWith("c-")) {
    const store = await openStore(last);
    await store.forgetAll().catch(() => {});
    store.close();
  }
  writeLocal(LAST_KEY, me);
}

/** Send the guest's outbox as the guest; return whether it is empty. */
async function sendGuestOutbox({ base, lang }: Visitor, guest: Guest, environment: Environment): Promise<boolean> {
  const store = await openStore(guest.id);
  const waiting = (await store.list()).filter((item) => !item.failed);
  store.close();
  if (waiting.length === 0) return true;
  const link = new ClientLink({
    base,
    session: guestSession(base, lang, guestKeep, environment.steady),
    me: guest.id,
    environment,
  });
  await link.recall();
  link.start();
  const emptied = await new Promise<boolean>((done) => {
    const cancel = environment.timers.after(GUEST_WITHIN_MS, () => done(false));
    link.conversation.peek()?.view.subscribe(({ items }) => {
      if (items.some((item) => item.tick === "sending")) return;
      cancel();
      done(true);
    });
  });
  link.stop();
  return emptied;
}

/** Return how to get the next identity: a newer one from the portal's script, else from its URL. */
function freshIdentity(visitor: Visitor, first: string): () => Promise<string | null> {
  let spent = first;
  return async () => {
    const { identity, identityUrl } = visitor;
    if (identity === null || identity === spent) return identityUrl === null ? null : fetchIdentity(identityUrl);
    spent = identity;
    return identity;
  };
}
