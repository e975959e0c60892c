/**
 * What a portal embeds with one <script> line: the round button and `window.Wattline`. For a person who used the chat
 * before, it asks for the unread count, and loads the chat when there is something to send or announce.
 */

import { hearForeign, keepAsking } from "../link/unread.ts";
import { chooseLang, launcherMessages } from "../ui/messages.ts";
import tokens from "../ui/tokens.css";
import { type Api, makeApi } from "./api.ts";
import type { Host, Panel, PanelModule } from "./host.ts";
import { beforeClick, lastVisitorIn, recount, USED_KEY } from "./last-visitor.ts";
import look from "./launcher.css";

declare global {
  interface Window {
    Wattline?: Api;
  }
}

const TAG = "wattline-chat";
const script = document.currentScript as HTMLScriptElement | null;

/** Return the page's title with the count before it, replacing an earlier count. */
const titled = (title: string, count: number): string => {
  const bare = title.replace(/^\(\d+\+?\) /, "");
  return count > 0 ? `(${count}) ${bare}` : bare;
};

function start({ src, dataset }: HTMLScriptElement): void {
  const url = new URL(src);
  const lang = chooseLang(dataset.lang, document.documentElement.lang, navigator.language);
  const t = launcherMessages[lang];

  const element = document.createElement(TAG);
  const root = element.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(tokens + look);
  root.adoptedStyleSheets = [sheet];

  const button = document.createElement("button");
  button.type = "button";
  button.className = "wl-launcher";
  button.dataset.testid = "launcher";
  button.setAttribute("aria-haspopup", "dialog");
  button.setAttribute("aria-expanded", "false");
  // In the top layer no transform, filter or z-index of the page applies.
  button.popover = "manual";
  const place = document.createElement("div");
  place.className = "wl-root";
  place.lang = lang; // the page's language may be another
  place.append(button);
  root.append(place);

  // Made when first shown: most pages never need them.
  let count: HTMLElement | null = null;
  let fault: HTMLElement | null = null;
  const makeCount = (): HTMLElement => {
    const made = document.createElement("span");
    made.className = "wl-launcher-count";
    made.setAttribute("aria-hidden", "true");
    button.append(made);
    return made;
  };
  const makeFault = (): HTMLElement => {
    const made = document.createElement("div");
    made.className = "wl-launcher-fault";
    made.setAttribute("role", "alert");
    made.popover = "manual";
    place.append(made);
    return made;
  };

  let shown = -1;
  let isTitled = false;
  let isOpen = false;
  let identity = dataset.identity || null;
  const host: Host = {
    root,
    place,
    base: url.origin === location.origin ? "" : url.origin,
    lang,
    get identity() {
      return identity;
    },
    identityUrl: dataset.identityUrl || null,
    setUnread(unread) {
      if (unread !== shown) {
        const name = unread > 0 ? `${t.open}, ${t.unread(unread)}` : t.open;
        button.setAttribute("aria-label", name);
        button.title = name;
        if (unread > 0) count ??= makeCount();
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
      teller.tell("unread", unread);
    },
    setOpen(open) {
      button.setAttribute("aria-expanded", String(open));
      button.hidden = open;
      if (isOpen && !open) button.focus({ preventScroll: true });
      isOpen = open;
      teller.tell("open", open);
    },
  };

  let module: Promise<PanelModule> | null = null;
  let panel: Promise<Panel> | null = null;
  let tries = 0;
  let rest = (): void => {};
  const bring = (): Promise<PanelModule> => {
    // A browser caches a failed import by its URL.
    const again = tries++ > 0 ? `?again=${tries}` : "";
    module ??= import(new URL(__PANELS__[lang], url).href + again).catch((reason: unknown) => {
      module = null;
      throw reason;
    });
    return module as Promise<PanelModule>;
  };
  const load = (): Promise<Panel> => {
    rest();
    panel ??= bring()
      .then(({ attach }) => attach(host))
      .catch((reason: unknown) => {
        panel = null;
        throw reason;
      });
    return panel;
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
      .catch(() => {
        fault ??= makeFault();
        fault.textContent = t.startFailed;
        fault.showPopover?.();
        const told = fault;
        hearForeign(host.base, () => {
          told.textContent = t.notHere;
        });
      })
      .finally(() => button.removeAttribute("aria-busy"));
  };
  const teller = makeApi({
    open: () => open(),
    close: () => void panel?.then((loaded) => loaded.close()),
    identify(jwt) {
      if (jwt === identity) return;
      identity = jwt;
      if (panel) void panel.then((loaded) => loaded.identify());
      else begin();
    },
    ask: (card) => open((loaded) => loaded.ask(card)),
  });
  const loadIdly = (): void => {
    const run = (): void => void load().catch(() => {});
    if (typeof requestIdleCallback === "function") requestIdleCallback(run, { timeout: 2_000 });
    else setTimeout(run, 1_000);
  };
  const begin = (): void => {
    rest();
    const first = beforeClick(identity);
    if (first === "load") loadIdly();
    else if (first && !panel) {
      host.setUnread(first.unread); // the last known count
      const onUnread = (unread: number): void => {
        host.setUnread(unread);
        recount(first.id, unread);
      };
      rest = keepAsking({ ...first, base: host.base, onUnread, onMore: loadIdly });
    }
  };
  // Another tab's chat knows sooner what was read.
  addEventListener("storage", ({ key, newValue }) => {
    if (key === USED_KEY && !panel) host.setUnread(lastVisitorIn(newValue).unread ?? 0);
  });
  host.setUnread(0);
  button.addEventListener("click", () => open());
  // The pointer nears the button: load what a click needs, without making a guest.
  const come = (): void => void (beforeClick(identity) ? load() : bring()).catch(() => {});
  for (const near of ["pointerenter", "focus"]) button.addEventListener(near, come);
  // A portal's link may open the chat by an event, in any order of scripts.
  document.addEventListener("wattline:open", () => open());

  document.body.append(element);
  const early: unknown = window.Wattline;
  window.Wattline = teller.api;
  document.dispatchEvent(new Event("wattline:ready"));
  if (Array.isArray(early)) teller.api.push(...early);
  begin();
  button.showPopover?.(); // computes styles, so it comes last
}

if (script && !document.querySelector(TAG)) {
  if (document.body) start(script);
  else addEventListener("DOMContentLoaded", () => start(script));
}
