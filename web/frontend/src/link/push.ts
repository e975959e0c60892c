/** Web Push in this browser: turn it on and off, and keep it right at each visit. */

import { readLocal, writeLocal } from "./outbox-journal.ts";
import type { Rest } from "./rest.ts";

export interface PushOptions {
  readonly rest: Pick<Rest, "get" | "send">;
  readonly me: string;
  readonly lang: string;
  /** The worker's script with its parameters, on the page's own origin. */
  readonly worker: string;
  /** A path of its own, so that a page's other service worker stays. */
  readonly scope: string;
  /** Where the browser remembers who pressed the button. */
  readonly kept: string;
}

interface Listed {
  readonly key: string | null;
  readonly browsers: readonly { readonly id: string }[];
}

/** What the browser remembers of who pressed the button. */
interface Kept {
  readonly person: string;
  readonly scope: string;
  readonly id: string;
  readonly lang: string;
}

export const canPush = (): boolean => "serviceWorker" in navigator && "PushManager" in globalThis;

const keptIn = (key: string): Kept | null => JSON.parse(readLocal(key) ?? "null");

/** Return whom this browser notifies. */
export const ownerHere = (key: string): string | null => keptIn(key)?.person ?? null;

/** Return the id of this browser's subscription, as the server lists it. */
export const notifiedHere = (key: string): string | null => keptIn(key)?.id ?? null;

const subscriptionOf = async (scope: string): Promise<PushSubscription | null | undefined> =>
  (await navigator.serviceWorker.getRegistration(scope))?.pushManager.getSubscription();

/** Do one thing after the other, in all tabs: a visit that renews would undo what the person turns off meanwhile. */
async function inTurn<T>(step: () => Promise<T>): Promise<T> {
  return navigator.locks ? await navigator.locks.request("wattline/push", step) : await step();
}

/** The operator has turned push off. */
export class PushOff extends Error {}

/** Subscribe this browser for the person. Call after permission was granted. Raises: PushOff, RestError, DOMException. */
export const turnOn = (options: PushOptions): Promise<void> =>
  inTurn(async () => {
    const { key }: Listed = await options.rest.get("/api/push");
    if (!key) throw new PushOff("Notifications by push are off on this server.");
    await subscribe(options, key);
  });

async function subscribe({ rest, me, lang, worker, scope, kept }: PushOptions, key: string): Promise<void> {
  await navigator.serviceWorker.register(worker, { scope, updateViaCache: "none" });
  const registration = await activeOf(scope);
  const before = await registration.pushManager.getSubscription();
  if (before && !hasKey(before, key)) await before.unsubscribe();
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = made.toJSON();
  const { id } = await rest.send("PUT", "/api/push/browsers", { endpoint, keys, lang });
  writeLocal(kept, JSON.stringify({ person: me, scope, id, lang } satisfies Kept));
}

/** Return the registration once its worker is active: `ready` is of the page's own scope only. */
async function activeOf(scope: string): Promise<ServiceWorkerRegistration> {
  const registration = (await navigator.serviceWorker.getRegistration(scope)) as ServiceWorkerRegistration;
  const worker = registration.installing ?? registration.waiting;
  if (worker && !registration.active)
    await new Promise<void>((done) => {
      worker.addEventListener(
        "statechange",
        () => worker.state !== "installing" && worker.state !== "installed" && done(),
      );
    });
  return registration;
}

const hasKey = ({ options }: PushSubscription, key: string): boolean => {
  const bytes = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0));
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") === key;
};

/**
 * Notify nobody here any more, whoever was notified. Args: kept: see PushOptions; rest: null while nobody is signed in,
 * and the server learns it from the push service.
 */
export const turnOff = (kept: string, rest: PushOptions["rest"] | null): Promise<void> =>
  inTurn(() => unsubscribe(kept, rest));

async function unsubscribe(kept: string, rest: PushOptions["rest"] | null): Promise<void> {
  const scope = keptIn(kept)?.scope;
  const subscription = scope && canPush() && (await subscriptionOf(scope));
  // The push service refuses the endpoint from now on, also when our server is out of reach.
  if (subscription) await subscription.unsubscribe();
  writeLocal(kept, null); // only now: where it did not succeed, a later page tries again
  if (subscription) await rest?.send("POST", "/api/push/release", { endpoint: subscription.endpoint });
}

/**
 * Keep what this browser has right, at each visit: end another person's, renew one of an older server key or in
 * another language. Return whether the person is notified here.
 */
export const keepRight = (options: PushOptions): Promise<boolean> => inTurn(() => renew(options));

async function renew(options: PushOptions): Promise<boolean> {
  const kept = keptIn(options.kept);
  if (!kept) return false;
  if (kept.person !== options.me || Notification.permission !== "granted") {
    await unsubscribe(options.kept, options.rest);
    return false;
  }
  const { key, browsers }: Listed = await options.rest.get("/api/push");
  const subscription = await subscriptionOf(options.scope);
  const isListed = browsers.some(({ id }) => id === kept.id);
  const isCurrent = key && subscription && hasKey(subscription, key);
  if (isCurrent && isListed && kept.lang === options.lang) return true;
  const isRemoved = isCurrent && !isListed; // on the list of another device
  if (!key || isRemoved) {
    await unsubscribe(options.kept, options.rest);
    return false;
  }
  await subscribe(options, key);
  return true;
}
