/**
 * The API for the portal's scripts: `Wattline.open()` and others. Calls before the chat is loaded run afterwards, in
 * order. Pure but for its arguments.
 */

import type { Card } from "../protocol/kinds.ts";

export interface Told {
  /** How many messages are unread. */
  readonly unread: number;
  /** Whether the chat is open. */
  readonly open: boolean;
  /** The period of consumption that an agent shared last; null for none. */
  readonly period: Card | null;
}

export interface PortalApi {
  open(): void;
  close(): void;
  /** Signs the user in by a signed identity; null: a guest. */
  identify(jwt: string | null): void;
  /** Opens the chat with a period of the user's consumption attached. */
  ask(card: Card): void;
  /** Calls now and at each change; returns how to stop. */
  on<K extends keyof Told>(what: K, run: (value: Told[K]) => void): () => void;
  /** Takes calls as data, `["ask", card]`, so that a page may collect them in an array before this script loads. */
  push(...calls: readonly (readonly [string, ...unknown[]])[]): void;
}

/** What the API's calls do. */
export interface Doing {
  readonly open: () => void;
  readonly close: () => void;
  readonly identify: (jwt: string | null) => void;
  readonly ask: (card: Card) => void;
}

/** Return the period. Throws TypeError that says what is wrong. */
export function checkCard(card: unknown): Card {
  const { meter, from, to } = (card ?? {}) as Card; // checked here
  if (typeof meter !== "string" || !/^[a-z0-9][a-z0-9_-]{0,31}$/.test(meter))
    throw new TypeError("Wattline.ask: meter is a meter's id, such as “m-1”");
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to <= from)
    throw new TypeError("Wattline.ask: from and to are ms since 1970, to is later");
  return { meter, from, to };
}

export function makeApi(doing: Doing) {
  const now: { -readonly [K in keyof Told]: Told[K] } = { unread: 0, open: false, period: null };
  const listeners = new Map<keyof Told, Set<(value: never) => void>>();
  const calls: Omit<PortalApi, "push"> = {
    ...doing,
    identify(jwt) {
      if (jwt !== null && (typeof jwt !== "string" || jwt.split(".").length !== 3))
        throw new TypeError("Wattline.identify: a JWT that your server signed, or null");
      doing.identify(jwt);
    },
    ask: (card) => doing.ask(checkCard(card)),
    on(what, run) {
      if (!(what in now) || typeof run !== "function")
        throw new TypeError(`Wattline.on: one of ${Object.keys(now).join(", ")}, and a function`);
      const all = listeners.get(what) ?? new Set();
      listeners.set(what, all.add(run));
      run(now[what]);
      return () => void all.delete(run);
    },
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
    /** Tells the listeners of a change. */
    tell<K extends keyof Told>(what: K, value: Told[K]): void {
      if (now[what] === value) return;
      now[what] = value;
      for (const run of listeners.get(what) ?? []) (run as (value: Told[K]) => void)(value);
    },
  };
}
