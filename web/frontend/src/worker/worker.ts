/**
 * The service worker of the board and of the chat: it shows notifications, opens what they are about, and answers an
 * offline start of the board with a sentence. It caches nothing, so no release is ever stale.
 */

import { offline } from "./offline.ts";

interface Windowed {
  readonly url: string;
  readonly visibilityState: string;
  focus(): Promise<unknown>;
  postMessage(message: unknown, ports?: readonly MessagePort[]): void;
}

interface Waiting {
  waitUntil(done: Promise<unknown>): void;
}

/** A worker's start; not every browser has static routes (W3C Service Workers, 4.5.3). */
interface Installing extends Waiting {
  addRoutes?(rules: readonly object[]): Promise<void>;
}

/** What this worker uses of ServiceWorkerGlobalScope; TypeScript's own declarations exclude the page's. */
interface Scope {
  readonly location: Location;
  readonly navigator: Navigator;
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(options: object): Promise<readonly Windowed[]>;
    openWindow(url: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install", run: (event: Installing) => void): void;
  addEventListener(type: "activate", run: (event: Waiting) => void): void;
  addEventListener(type: "push", run: (event: Waiting & { readonly data: { json(): unknown } | null }) => void): void;
  addEventListener(
    type: "notificationclick",
    run: (event: Waiting & { readonly notification: Notification }) => void,
  ): void;
  addEventListener(
    type: "fetch",
    run: (event: {
      readonly request: Request;
      readonly preloadResponse: Promise<Response | undefined>;
      respondWith(response: Promise<Response>): void;
    }) => void,
  ): void;
}

/** What the server sends (docs/push.md); in the language of who reads it. */
interface Pushed {
  readonly title: string;
  readonly body: string;
  readonly lang: string;
  /** A newer notification replaces one of the same tag. */
  readonly tag: string;
  readonly icon: string;
  /** For an agent: whose conversation it is. */
  readonly client: string | null;
}

const BOARD = "/board";
const HERE_WITHIN_MS = 300;
const scope = self as unknown as Scope;
/** `lang`: of the offline page; `page`: where a client reads the answer. */
const asked = new URLSearchParams(scope.location.search);

const pathOf = (url: string): string => new URL(url).pathname;
const isBoard = ({ url }: Windowed): boolean => pathOf(url) === BOARD;
const windows = (): Promise<readonly Windowed[]> =>
  scope.clients.matchAll({ type: "window", includeUncontrolled: true });

/** Return whether the page has a loaded chat, which answers for itself (widget/launcher.ts). */
function hasChat(page: Windowed): Promise<boolean> {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done(true);
    page.postMessage("wattline:here?", [port2]);
    setTimeout(() => done(false), HERE_WITHIN_MS);
  });
}

async function show({ title, body, lang, tag, icon, client }: Pushed): Promise<void> {
  const visible = (await windows()).filter(({ visibilityState }) => visibilityState === "visible");
  const isThere = client === null ? await Promise.all(visible.map(hasChat)) : visible.map(isBoard);
  // The page itself shows it, with its sound.
  if (isThere.includes(true)) return;
  if (client !== null) await scope.navigator.setAppBadge?.().catch(() => undefined);
  const options = { body, lang, tag, icon, renotify: true, data: client };
  await scope.registration.showNotification(title, options);
}

async function open(client: string | null): Promise<void> {
  const page = client === null ? new URL(asked.get("page") ?? "/", scope.location.origin) : null;
  const there = (await windows()).find((each) => (page ? pathOf(each.url) === page.pathname : isBoard(each)));
  if (there) {
    there.postMessage(client === null ? "wattline:open" : { wattline: client });
    await there.focus();
    return;
  }
  page?.searchParams.set("wattline", "open");
  await scope.clients.openWindow(page?.href ?? `${BOARD}#/${client}`);
}

scope.addEventListener("install", (event) =>
  event.waitUntil(
    Promise.all([
      scope.skipWaiting(),
      // Where the browser can, the page comes past this worker, whose answer counts only if the network fails; both use
      // one request. Everything else does not ask this worker at all.
      event
        .addRoutes?.([
          { condition: { requestMode: "navigate" }, source: "race-network-and-fetch-handler" },
          { condition: { not: { requestMode: "navigate" } }, source: "network" },
        ])
        .catch(() => undefined),
    ]),
  ),
);
scope.addEventListener("activate", (event) =>
  event.waitUntil(
    // The page loads beside the worker's start, and not after it.
    Promise.all([scope.clients.claim(), scope.registration.navigationPreload?.enable()]),
  ),
);
scope.addEventListener("push", (event) => {
  if (event.data) event.waitUntil(show(event.data.json() as Pushed));
});
scope.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data as string | null));
});
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode !== "navigate" || pathOf(request.url) !== BOARD) return;
  const load = async (): Promise<Response> => (await event.preloadResponse) ?? (await fetch(request));
  event.respondWith(load().catch(() => offline(asked.get("lang"))));
});
