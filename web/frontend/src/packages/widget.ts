/** `@wattline/widget`: load the chat's button into a page. */

import type { Card, Rating } from "../protocol/kinds.ts";
import type { Lang } from "../protocol/languages.gen.ts";
import type { Heard, PortalApi, Told } from "../widget/api.ts";

export type { Card, Heard, PortalApi, Rating, Told };

export interface WidgetOptions {
  /** Wattline's URL, such as `https://chat.example`. */
  readonly url: string;
  /** A JWT that your server signed; null or absent: a guest. */
  readonly identity?: string | null;
  /** The address on your origin that answers `{"identity": …}` with a fresh JWT. */
  readonly identityUrl?: string;
  /** The address on your origin of a service worker, for notifications while no page is open. */
  readonly worker?: string;
  readonly lang?: Lang;
  readonly theme?: "light" | "dark" | null;
}

/** Called at each change, under the names of `Wattline.on`. */
export type Listeners = { readonly [K in keyof Told as `on${Capitalize<K>}`]?: (value: Told[K]) => void };

let loading: Promise<PortalApi> | null = null;

/** Adds the script once, and resolves with `window.Wattline`. Rejects when the script cannot be loaded. */
export function loadWidget({ url, identity, identityUrl, worker, lang }: WidgetOptions): Promise<PortalApi> {
  loading ??= new Promise<PortalApi>((done, fail) => {
    const script = document.createElement("script");
    script.src = `${url.replace(/\/+$/, "")}/widget.js`;
    script.async = true;
    if (identity) script.dataset.identity = identity;
    if (identityUrl) script.dataset.identityUrl = identityUrl;
    if (worker) script.dataset.worker = worker;
    if (lang) script.dataset.lang = lang;
    script.onload = () => done((window as { Wattline?: unknown }).Wattline as PortalApi);
    script.onerror = () => {
      loading = null;
      script.remove();
      fail(new Error(`${script.src} cannot be loaded`));
    };
    document.head.append(script);
  });
  return loading;
}

export interface Mounted {
  /** Takes changed options: another identity, language or theme. */
  update(options: WidgetOptions): void;
  /** Hides the button and ends the calls. Does not sign out: `shutdown` does. */
  unmount(): void;
}

const NAMES = ["ready", "unread", "open", "period", "message", "rated"] as const satisfies readonly (keyof Told)[];

/** Shows the chat while a component is mounted. Args: listeners: asked for at each event, so that they may change. */
export function mountWidget(options: WidgetOptions, listeners: () => Listeners): Mounted {
  let isMounted = true;
  let now = options;
  let stops: readonly (() => void)[] = [];
  const loaded = loadWidget(options);
  const apply = (api: PortalApi): void => {
    api.identify(now.identity ?? null);
    if (now.lang) api.lang(now.lang);
    if (now.theme !== undefined) api.theme(now.theme);
  };
  const started = loaded.then((api) => {
    if (!isMounted) return;
    api.show();
    apply(api);
    const listen = <K extends keyof Told>(name: K): (() => void) =>
      api.on(name, (value) => {
        const told = listeners()[`on${name[0]?.toUpperCase()}${name.slice(1)}` as keyof Listeners];
        (told as ((value: Told[K]) => void) | undefined)?.(value);
      });
    stops = NAMES.map((name) => listen(name));
  });
  started.catch((fault: unknown) => console.error("Wattline:", fault));
  return {
    update(next) {
      now = next;
      void loaded.then((api) => isMounted && apply(api)).catch(() => {});
    },
    unmount() {
      isMounted = false;
      for (const stop of stops) stop();
      void loaded.then((api) => isMounted || api.hide()).catch(() => {});
    },
  };
}
