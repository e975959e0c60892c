/**
 * What a portal's own script calls: `Wattline.open()` and its kin. Works from the first line on: what is called before
 * the chat is loaded is done when it is, in order. Touches nothing but what it is given.
 */

import type { Card } from "../protocol/kinds.ts";

export interface Told {
  /** How many messages are unread. */
  readonly unread: number;
  /** Whether the chat is open. */
  readonly open: boolean;
}

export interface Api {
  open(): void;
  close(): void;
  /** The user is now this one, by a fresh signed identity; null: a guest. */
  identify(jwt: string | null): void;
  /** Opens the chat with a period of the user's consumption ready to be asked about. */
  ask(card: Card): void;
  /** Calls at each change, and at once with what is so now; the answer ends that. */
  on<K extends keyof Told>(what: K, run: (value: Told[K]) => void): () => void;
  /** A call as data, `["ask", card]`: so a page may write them into an array before this script is there. */
  push(...calls: readonly (readonly [string, ...unknown[]])[]): void;
}

/** What the API wants done. */
export interface Doing {
  readonly open: () => void;
  readonly close: () => void;
  readonly identify: (jwt: string | null) => void;
  readonly ask: (card: Card) => void;
}

const CALLS = ["open", "close", "identify", "ask", "on"] as const;

/** The period, or a TypeError that says what is wrong with it. */
export function checkCard(card: unknown): Card {
  const { meter, from, to } = (card ?? {}) as Partial<Record<keyof Card, unknown>>;
  const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (typeof meter !== "string" || !/^[a-z0-9][a-z0-9_-]{0,31}$/.test(meter))
    throw new TypeError("Wattline.ask: meter is a meter's id, such as “m-1”");
  if (!isTime(from) || !isTime(to) || to <= from)
    throw new TypeError("Wattline.ask: from and to are ms since 1970, to is later");
  return { meter, from, to };
}

export interface Teller {
  readonly api: Api;
  /** Something is so now: tells whoever asked. */
  tell<K extends keyof Told>(what: K, value: Told[K]): void;
}

export function makeApi(doing: Doing): Teller {
  const now: { -readonly [K in keyof Told]: Told[K] } = { unread: 0, open: false };
  const listeners = new Map<keyof Told, Set<(value: never) => void>>();
  const api: Api = {
    open: () => doing.open(),
    close: () => doing.close(),
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
    push(...calls) {
      for (const [name, ...values] of calls) {
        const call = CALLS.find((known) => known === name);
        if (!call) throw new TypeError(`Wattline has no ${name}: it has ${CALLS.join(", ")}`);
        (api[call] as (...values: unknown[]) => unknown)(...values);
      }
    },
  };
  return {
    api,
    tell(what, value) {
      if (now[what] === value) return;
      now[what] = value;
      for (const run of listeners.get(what) ?? []) (run as (value: Told[typeof what]) => void)(value);
    },
  };
}
