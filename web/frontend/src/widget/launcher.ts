/**
 * What a portal embeds with one <script> line: the round button and `window.Wattline`. For a person who used the chat
 * before, it asks for the unread count, and loads the chat when there is something to send or announce.
 */

import { hearForeign, keepAsking } from "../link/unread.ts";
import { chooseLang, type Lang, launcherMessages } from "../ui/messages.ts";
import tokens from "../ui/tokens.css";
import { makeApi, type PortalApi } from "./api.ts";
import type { Brand } from "./brand.ts";
import type { Host, Panel, PanelModule } from "./host.ts";
import { beforeClick, lastVisitorIn, recount, USED_KEY } from "./last-visitor.ts";
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
let host: Host & { identity: string | null };
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

const { api, tell } = makeApi({
  open: () => open(),
  close: () => void panel?.then((loaded) => loaded.close()),
  identify(jwt) {
    if (jwt === host.identity) return;
    host.identity = jwt;
    if (panel) void panel.then((loaded) => loaded.identify());
    else begin();
  },
  ask: (card) => open((loaded) => loaded.ask(card)),
});

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
function draw(element: HTMLElement, lang: Lang) {
  const root = element.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  const brand = window.wattlineBrand;
  sheet.replaceSync(tokens + look + (brand?.css ?? ""));
  root.adoptedStyleSheets = [sheet];
  const place = make("div", "wl-root", root);
  place.lang = lang; // the page's language may be another
  button = make("button", "wl-launcher", place);
  button.dataset.testid = "launcher";
  if (brand?.label[lang]) button.dataset.label = brand.label[lang];
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
  const run = (): void => void load().catch(() => {});
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

/** Ask for the unread count, or load the chat when there is something to send or announce. */
const begin = (): void => {
  stopAsking();
  const first = beforeClick(host.identity);
  if (first === "load") loadIdly();
  else if (first && !panel) {
    setUnread(first.unread); // the last known count
    const onUnread = (unread: number): void => {
      setUnread(unread);
      recount(first.id, unread);
    };
    stopAsking = keepAsking({ ...first, base: host.base, onUnread, onMore: loadIdly });
  }
};

const listen = (): void => {
  // Another tab's chat knows sooner what was read.
  addEventListener("storage", ({ key, newValue }) => {
    if (key === USED_KEY && !panel) setUnread(lastVisitorIn(newValue).unread ?? 0);
  });
  button.addEventListener("click", () => open());
  // The pointer nears the button: load what a click needs, without making a guest.
  const prepare = (): void => void (beforeClick(host.identity) ? load : bring)().catch(() => {});
  for (const near of ["pointerenter", "focus"]) button.addEventListener(near, prepare);
  // A portal's link may open the chat by an event, in any order of scripts.
  document.addEventListener("wattline:open", () => open());
};

function start({ src, dataset }: HTMLScriptElement): void {
  const url = new URL(src);
  const lang = chooseLang(dataset.lang, document.documentElement.lang, navigator.language);
  t = launcherMessages[lang];
  const element = document.createElement(TAG);
  host = {
    ...draw(element, lang),
    base: url.origin === location.origin ? "" : url.origin,
    lang,
    identity: dataset.identity || null,
    identityUrl: dataset.identityUrl || null,
    setUnread,
    setPeriod: (card) => tell("period", card),
    setOpen(now) {
      button.setAttribute("aria-expanded", String(now));
      button.hidden = now;
      if (isOpen && !now) button.focus({ preventScroll: true });
      isOpen = now;
      element.toggleAttribute("data-open", now);
      tell("open", now);
    },
  };
  setUnread(0);
  listen();
  document.body.append(element);
  const early: unknown = window.Wattline;
  window.Wattline = api;
  document.dispatchEvent(new Event("wattline:ready"));
  if (Array.isArray(early)) api.push(...early);
  begin();
  button.showPopover?.(); // computes styles, so it comes last
}

if (script && !document.querySelector(TAG)) {
  if (document.body) start(script);
  else addEventListener("DOMContentLoaded", () => start(script));
}
