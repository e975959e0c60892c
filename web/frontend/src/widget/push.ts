/** Notifications while no page with the chat is open: this browser's part. Of the chunk that loads later. */

import { readLocal } from "../link/outbox-journal.ts";
import { canPush, keepRight, ownerHere, PushOff, type PushOptions, turnOff, turnOn } from "../link/push.ts";
import type { Rest } from "../link/rest.ts";
import type { Host } from "./host.ts";
import { GUEST_KEY, lastVisitorIn, PUSHED, subjectOf } from "./last-visitor.ts";

export interface PushActions {
  /** Undefined before sign-in. */
  readonly rest: () => Rest | undefined;
  readonly host: Pick<Host, "identity" | "lang" | "worker">;
  /** Asks for permission; call from a button. */
  readonly askToNotify: () => Promise<void>;
}

/** Return whom the page shows; null for a guest whom nobody knows yet. */
const personOf = ({ identity }: PushActions["host"]): string | null =>
  identity ? subjectOf(identity) : (lastVisitorIn(readLocal(GUEST_KEY)).id ?? null);

function optionsOf(rest: Rest, host: PushActions["host"]): PushOptions {
  const worker = new URL(host.worker ?? "", location.href);
  // A folder of its own leaves the page's other service worker alone.
  const scope = new URL("wattline-push/", worker).pathname;
  worker.searchParams.set("page", location.pathname + location.search);
  return { rest, me: personOf(host) ?? "", lang: host.lang, worker: worker.href, scope, kept: PUSHED };
}

/** Whether a worker can be registered here: on Wattline's own pages, and where the portal serves one. */
export const mayPush = ({ host }: PushActions): boolean => canPush() && host.worker !== null;

/** Ask the server whether it sends notifications while no page is open. */
export async function isPushOff({ rest }: PushActions): Promise<boolean> {
  return (await rest()?.get("/api/push"))?.key === null;
}

/** Whether this browser notifies the person. */
export const isNotified = ({ host }: PushActions): boolean => {
  const owner = ownerHere(PUSHED);
  return owner !== null && owner === personOf(host);
};

/** Ask for permission, then subscribe; return whether it succeeded. Where push is off the open page notifies. */
export async function notify(acts: PushActions): Promise<boolean> {
  await acts.askToNotify();
  const rest = acts.rest();
  if (Notification.permission !== "granted") return false;
  if (!mayPush(acts)) return true; // the open page notifies
  if (!rest) return false;
  return turnOn(optionsOf(rest, acts.host)).then(
    () => true,
    (fault: unknown) => fault instanceof PushOff,
  );
}

export async function notifyNoMore({ rest }: PushActions): Promise<void> {
  await turnOff(PUSHED, rest() ?? null).catch(() => undefined);
}

/** Keep the subscription right at a visit; end another person's. */
export async function keepPush(rest: Rest, host: PushActions["host"]): Promise<void> {
  if (!canPush() || host.worker === null) return;
  const options = optionsOf(rest, host);
  // Asking the server as somebody new would make a guest.
  if (options.me) await keepRight(options);
  else await turnOff(PUSHED, null);
}
