/**
 * What a portal embeds with one <script> line: the round button and `window.Wattline`. For a user of the portal, and for a
 * guest who used the chat before, it asks for the unread count, and loads the chat when there is something to send or announce.
 */

import { readLocal, writeLocal } from "../link/outbox-journal.ts";
import { hearForeign, keepAsking } from "../link/unread.ts";
import { chooseLang, type Lang, launcherMessages } from "../ui/messages.ts";
import tokens from "../ui/tokens.css";
import { makeApi, type PortalApi, type Theme } from "./api.ts";
import type { Brand } from "./brand.ts";
import type { Host, Panel, PanelModule } from "./host.ts";
import { beforeClick, GUEST_KEY, lastVisitorIn, namedIn, recount, subjectOf, USED_KEY } from "./last-visitor.ts";
import look from "./launcher.css";

declare global {
  interface Window {
    Wattline?: PortalApi;
    wattlineBrand?: Brand;
  }
}

const TAG = "wattline-chat";
const script = document.currentScript as HTMLScriptElement | null;

// One launcher a page; `start` sets these.
let host: Omit<Host, "identity" | "lang"> & { identity: string | null; lang: Lang };
/** Null after `shutdown`. */
let element: HTMLElement | null = null;
let t: (typeof launcherMessages)[Lang];
let button: HTMLButtonElement;
let module: Promise<PanelModule> | null = null;
let panel: Promise<Panel> | null = null;
let tries = 0;
let stopAsking = (): void => {};
// Made when first shown: most pages never need them.
let count: HTMLElement | null = null;
let fault: HTMLElement | null = null;
let shown = -1;
let isTitled = false;
let isOpen = false;
// What the page chose stays over `shutdown`, as the language does.
let isHidden = false;
let theme: Theme | null = null;

/** When this tab left its last page with an open chat, and whose it was. */
const OPEN_KEY = "wattline/open";
/** A tab that is found again later begins with a closed chat. */
const REOPENED_MS = 30 * 60_000;
let left = readLocal(OPEN_KEY, "sessionStorage") ?? "";
const whose = (): string => (host.identity && subjectOf(host.identity)) ?? "";

/** Keep the chat open over navigation, without the focus. On a phone it would hide the page that was asked for. */
function stayOpen(): void {
  const [at, who] = left.split(" ");
  if (isHidden || who !== whose() || Date.now() - Number(at) > REOPENED_MS) return;
  if (history.state?.wattline !== true && matchMedia("(max-width: 30rem)").matches) return;
  host.isReopened = true;
  open();
}

const close = (): void => void panel?.then((loaded) => loaded.close());
const prefill = (draft: string): void => {
  host.draft = draft;
  void panel?.then((loaded) => loaded.prefill());
};
/** Apply what the page chose to the element. */
const dress = (): void => {
  element?.toggleAttribute("hidden", isHidden);
  if (theme) element?.setAttribute("data-theme", theme);
  else element?.removeAttribute("data-theme");
};
const setHidden = (now: boolean): void => {
  isHidden = now;
  if (now) close();
  dress();
};

const { api, tell } = makeApi({
  open(draft) {
    if (draft !== undefined) prefill(draft);
    open();
  },
  close,
  toggle: () => (isOpen ? close() : open()),
  show: () => setHidden(false),
  hide: () => setHidden(true),
  prefill,
  identify(jwt) {
    if (!element) start(jwt, host.lang);
    else if (jwt !== host.identity) {
      const before = whose();
      host.identity = jwt;
      if (before && before !== whose()) host.draft = "";
      if (panel) void panel.then((loaded) => loaded.identify());
      else begin();
      stayOpen();
    }
  },
  ask: (card) => open((loaded) => loaded.ask(card)),
  lang(lang) {
    if (!(lang in launcherMessages)) throw new TypeError(`Wattline.lang: one of ${Object.keys(launcherMessages)}`);
    if (lang === host.lang) return;
    const [before, whole] = [panel, element];
    speak(lang);
    module = panel = null; // another language is another file
    void before?.then((loaded) => {
      const wasOpen = isOpen && !isHidden;
      loaded.end();
      if (element !== whole) return;
      if (wasOpen) open();
      else begin();
    });
  },
  theme(wanted) {
    theme = wanted;
    dress();
  },
  update() {
    if (!element || element.isConnected) return;
    document.body.append(element);
    // Whoever leaves the document leaves the top layer.
    for (const each of host.root.querySelectorAll<HTMLElement>("[popover]")) each.showPopover?.();
  },
  async shutdown() {
    const before = panel;
    const people = [host.identity && subjectOf(host.identity), lastVisitorIn(readLocal(GUEST_KEY)).id];
    stopAsking();
    setUnread(0);
    tell("period", null);
    element?.remove();
    element = panel = null;
    host.identity = null;
    (await before)?.end();
    if (readLocal(USED_KEY) !== null) for (const me of people) if (me) await (await bring()).forget(me);
  },
});

/** Take this language for the button, and for the panel that loads next. */
function speak(lang: Lang): void {
  host.lang = lang;
  host.place.lang = lang; // the page's language may be another
  t = launcherMessages[lang];
  const label = window.wattlineBrand?.label[lang];
  if (label) button.dataset.label = label;
  const unread = Math.max(shown, 0);
  shown = -1;
  setUnread(unread);
}

/** Return the page's title with the count before it, replacing an earlier count. */
const titled = (title: string, unread: number): string => {
  const bare = title.replace(/^\(\d+\+?\) /, "");
  return unread > 0 ? `(${unread}) ${bare}` : bare;
};

function make<K extends "button" | "div" | "span">(tag: K, name: string, parent: ParentNode): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = name;
  parent.append(made);
  return made;
}

/** Draw the button in the element's shadow root; return the root and the place for the panel. */
function draw(element: HTMLElement) {
  const root = element.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(tokens + look + (window.wattlineBrand?.css ?? ""));
  root.adoptedStyleSheets = [sheet];
  const place = make("div", "wl-root", root);
  button = make("button", "wl-launcher", place);
  button.dataset.testid = "launcher";
  button.setAttribute("aria-haspopup", "dialog");
  button.setAttribute("aria-expanded", "false");
  // In the top layer no transform, filter or z-index of the page applies.
  button.popover = "manual";
  return { root, place };
}

const setUnread = (unread: number): void => {
  if (unread !== shown) {
    const name = unread > 0 ? `${t.open}, ${t.unread(unread)}` : t.open;
    button.setAttribute("aria-label", name);
    button.title = name;
    if (unread > 0) count ??= make("span", "wl-launcher-count", button); // read as a part of the button's label
    if (count) {
      count.hidden = unread === 0;
      count.textContent = unread > 99 ? "99+" : String(unread);
    }
    shown = unread; // setting the same again would cost a frame
  }
  if (unread > 0 || isTitled) {
    const title = titled(document.title, unread);
    if (title !== document.title) document.title = title;
    isTitled = unread > 0;
  }
  tell("unread", unread);
};

const bring = (): Promise<PanelModule> => {
  // A browser caches a failed import by its URL.
  const again = tries++ > 0 ? `?again=${tries}` : "";
  module ??= import(new URL(__PANELS__[host.lang], (script as HTMLScriptElement).src).href + again).catch(
    (reason: unknown) => {
      module = null;
      throw reason;
    },
  );
  return module as Promise<PanelModule>;
};

const load = (): Promise<Panel> => {
  stopAsking();
  panel ??= bring()
    .then(({ attach }) => attach(host))
    .catch((reason: unknown) => {
      panel = null;
      throw reason;
    });
  return panel;
};

const loadIdly = (): void => {
  const whole = element;
  const run = (): void => void (element === whole && load().catch(() => {}));
  (window as Partial<Window>).requestIdleCallback?.(run, { timeout: 2_000 }) ?? setTimeout(run, 1_000);
};

const showFault = (): void => {
  if (!fault) {
    fault = make("div", "wl-launcher-fault", host.place);
    fault.setAttribute("role", "alert");
    fault.popover = "manual";
  }
  const told = fault;
  told.textContent = t.startFailed;
  told.showPopover?.();
  hearForeign(host.base, () => {
    told.textContent = t.notHere;
  });
};

const open = (then = (_: Panel): void => {}): void => {
  if (!element) return;
  if (isHidden) setHidden(false);
  left = "";
  if (fault) fault.textContent = "";
  fault?.hidePopover?.();
  button.setAttribute("aria-busy", "true");
  load()
    .then((loaded) => {
      loaded.open();
      then(loaded);
    })
    .catch(showFault)
    .finally(() => button.removeAttribute("aria-busy"));
};

/**
 * Ask for the unread count, or load the chat when there is something to send or announce. A user may have written in another
 * browser: where the chat was never used, the page's identity asks.
 */
const begin = (): void => {
  stopAsking();
  const first = beforeClick(host.identity);
  if (first === "load") return loadIdly();
  const whom = first ?? namedIn(host.identity);
  if (!whom || panel) return;
  if (first) setUnread(first.unread); // the last known count
  const onUnread = (unread: number): void => {
    setUnread(unread);
    recount(whom.id, unread);
  };
  stopAsking = keepAsking({ ...whom, base: host.base, isIdentity: !first, onUnread, onMore: loadIdly });
};

/** Draw the button for this user. */
function start(identity: string | null, lang: Lang): void {
  const { src, dataset } = script as HTMLScriptElement;
  const { origin } = new URL(src);
  const made = document.createElement(TAG);
  count = fault = null;
  isOpen = false;
  element = made;
  host = {
    ...draw(made),
    base: origin === location.origin ? "" : origin,
    lang,
    identity,
    draft: "",
    isReopened: false,
    identityUrl: dataset.identityUrl || null,
    worker: origin === location.origin ? "/worker.js" : dataset.worker || null,
    setUnread,
    tell,
    setOpen(now) {
      if (now && isHidden) setHidden(false); // from a notification
      button.setAttribute("aria-expanded", String(now));
      button.hidden = now;
      if (isOpen && !now) button.focus({ preventScroll: true });
      isOpen = now;
      host.isReopened &&= now;
      made.toggleAttribute("data-open", now);
      tell("open", now);
    },
  };
  speak(lang);
  dress();
  button.addEventListener("click", () => open());
  // The pointer nears the button: load what a click needs, without making a guest.
  const prepare = (): void => void (beforeClick(host.identity) ? load : bring)().catch(() => {});
  for (const near of ["pointerenter", "focus"]) button.addEventListener(near, prepare);
  document.body.append(made);
  begin();
  button.showPopover?.(); // computes styles, so it comes last
}

/** Draw the first button, and take the calls that were made before. */
function startFirst({ dataset }: HTMLScriptElement): void {
  // Another tab's chat knows sooner what was read.
  addEventListener("storage", ({ key, newValue }) => {
    if (key === USED_KEY && element && !panel) setUnread(lastVisitorIn(newValue).unread ?? 0);
  });
  // A portal's link may open the chat by an event, in any order of scripts.
  document.addEventListener("wattline:open", () => open());
  start(dataset.identity || null, chooseLang(dataset.lang, document.documentElement.lang, navigator.language));
  const early: unknown = window.Wattline;
  window.Wattline = api;
  document.dispatchEvent(new Event("wattline:ready"));
  if (Array.isArray(early)) api.push(...early);
  addEventListener("pagehide", () => {
    writeLocal(OPEN_KEY, element && isOpen ? `${Date.now()} ${whose()}` : null, "sessionStorage");
  });
  stayOpen();
  navigator.serviceWorker?.addEventListener("message", ({ data, ports }) => {
    if (data === "wattline:open") open(); // a press on a notification
    // The chat of this page tells what is new.
    if (data === "wattline:here?" && !isHidden) void panel?.then(() => ports[0]?.postMessage(true));
  });
  if (/[?&]wattline=open/.test(location.search)) open();
}

if (script && !document.querySelector(TAG)) {
  if (document.body) startFirst(script);
  else addEventListener("DOMContentLoaded", () => startFirst(script));
}
