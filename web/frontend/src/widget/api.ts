/**
 * The API for the portal's scripts: `Wattline.open()` and others. Calls before the chat is loaded run afterwards, in
 * order. Pure but for its arguments.
 */

import type { Card, Rating, SaidKind } from "../protocol/kinds.ts";
import type { Lang } from "../protocol/languages.gen.ts";

/** A message of an agent or a bot. */
export interface Heard {
  readonly id: string;
  /** A file or a period may come without a text. */
  readonly kind: SaidKind;
  /** Who wrote it, if known. */
  readonly name: string | null;
  readonly text: string;
  /** Ms since 1970. */
  readonly at: number;
}
export type Theme = "light" | "dark";

export interface Told {
  /** The button is on the page. */
  readonly ready: true;
  /** How many messages are unread. */
  readonly unread: number;
  /** Whether the chat is open. */
  readonly open: boolean;
  /** The period of consumption that an agent shared last; null for none. */
  readonly period: Card | null;
  /** A new message of an agent or a bot, each once a page. */
  readonly message: Heard;
  /** The user has rated the conversation. */
  readonly rated: Rating;
}

export interface PortalApi {
  /** Opens the chat, with this text in its field if the user has written nothing else. */
  open(draft?: string): void;
  close(): void;
  toggle(): void;
  /** Shows the button, after `hide`. */
  show(): void;
  /** Closes the chat and hides the button. */
  hide(): void;
  /** Puts a text into the field if the user has written nothing else. */
  prefill(draft: string): void;
  /** Signs the user in by a signed identity; null: a guest. */
  identify(jwt: string | null): void;
  lang(lang: Lang): void;
  /** Null: as the browser's. */
  theme(theme: Theme | null): void;
  /** Puts the chat back after a script replaced the page's body. */
  update(): void;
  /** The user has signed out: removes the chat, and all that this browser stores of the user. `identify` starts it again. */
  shutdown(): Promise<void>;
  /** Opens the chat with a period of the user's consumption attached. */
  ask(card: Card): void;
  /** Calls at each change, and now if there is a state; returns how to stop. */
  on<K extends keyof Told>(what: K, run: (value: Told[K]) => void): () => void;
  off<K extends keyof Told>(what: K, run: (value: Told[K]) => void): void;
  /** Takes calls as data, `["ask", card]`, so that a page may collect them in an array before this script loads. */
  push(...calls: readonly (readonly [string, ...unknown[]])[]): void;
}

/** What the API's calls do. */
export type Doing = Omit<PortalApi, "on" | "off" | "push">;

/** Return the period. Throws TypeError that says what is wrong. */
function checkCard(card: unknown): Card {
  const { meter, from, to } = (card ?? {}) as Card; // checked here
  if (typeof meter !== "string" || !/^[a-z0-9][a-z0-9_-]{0,31}$/.test(meter))
    throw new TypeError("Wattline.ask: meter is a meter's id, such as “m-1”");
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to <= from)
    throw new TypeError("Wattline.ask: from and to are ms since 1970, to is later");
  return { meter, from, to };
}

const checkDraft = (draft: unknown): void => {
  if (draft !== undefined && typeof draft !== "string") throw new TypeError("Wattline: a draft is a text");
};

export function makeApi(doing: Doing) {
  // Without a value it is an event, which only later listeners hear of.
  const now: { -readonly [K in keyof Told]: Told[K] | undefined } = {
    ready: true,
    unread: 0,
    open: false,
    period: null,
    message: undefined,
    rated: undefined,
  };
  const listeners = new Map<keyof Told, Set<(value: never) => void>>();
  const calls: Omit<PortalApi, "push"> = {
    ...doing,
    open(draft) {
      checkDraft(draft);
      doing.open(draft);
    },
    prefill(draft) {
      checkDraft(draft);
      doing.prefill(draft);
    },
    identify(jwt) {
      if (jwt !== null && (typeof jwt !== "string" || jwt.split(".").length !== 3))
        throw new TypeError("Wattline.identify: a JWT that your server signed, or null");
      doing.identify(jwt);
    },
    theme(theme) {
      if (theme !== null && theme !== "light" && theme !== "dark")
        throw new TypeError("Wattline.theme: light, dark or null");
      doing.theme(theme);
    },
    ask: (card) => doing.ask(checkCard(card)),
    on(what, run) {
      if (!(what in now) || typeof run !== "function")
        throw new TypeError(`Wattline.on: one of ${Object.keys(now).join(", ")}, and a function`);
      const all = listeners.get(what) ?? new Set();
      listeners.set(what, all.add(run));
      const value = now[what];
      if (value !== undefined) run(value);
      return () => calls.off(what, run);
    },
    off: (what, run) => void listeners.get(what)?.delete(run),
  };
  const api: PortalApi = {
    ...calls,
    push(...wanted) {
      for (const [name, ...values] of wanted) {
        if (!Object.hasOwn(calls, name))
          throw new TypeError(`Wattline has no ${name}: it has ${Object.keys(calls).join(", ")}`);
        (calls[name as keyof typeof calls] as (...values: unknown[]) => unknown)(...values);
      }
    },
  };
  return {
    api,
    /** Tells the listeners of a change, or of an event. */
    tell<K extends keyof Told>(what: K, value: Told[K]): void {
      if (now[what] === value) return;
      if (now[what] !== undefined) now[what] = value;
      for (const run of listeners.get(what) ?? []) (run as (value: Told[K]) => void)(value);
    },
  };
}
