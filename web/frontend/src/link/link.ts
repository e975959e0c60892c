/**
 * Keep one identity connected: reconnect with growing pauses (at once when the network or the reader returns), and
 * change to a new token before the old one ends.
 */

import { type ReadonlySignal, signal } from "@preact/signals";
import { asName, newClientId } from "../protocol/ids.ts";
import type { Wanted } from "../protocol/topics.ts";
import {
  type BrokerConnection,
  BrokerConnectionError,
  type Message,
  openBrokerConnection,
  type Will,
} from "./broker-connection.ts";
import type { ConnectionState } from "./connection-state.ts";
import { RestError } from "./http.ts";
import { type Session, SignedOut } from "./session.ts";
import type { Timers } from "./timers.ts";

/** Clocks, randomness, timers and network: what tests replace. */
export interface Environment {
  /** The wall clock, for people; it may be wrong and may be set. */
  readonly now: () => number;
  /** For pauses; never goes back. */
  readonly steady: () => number;
  /** 0 ≤ chance < 1 */
  readonly chance: () => number;
  readonly entropy: (size: number) => Uint8Array;
  readonly timers: Timers;
  /** Whether the page is visible. */
  readonly watched: () => boolean;
  /** Calls when the network changes or the reader returns; returns how to stop it. */
  readonly onReturn: (run: () => void) => () => void;
}

/** The presence of this connection: when live, and as its will. */
export interface Hello {
  readonly live: () => Will;
  readonly gone: Will;
}

export interface LinkOptions {
  readonly session: Session;
  readonly environment: Environment;
  readonly keepAliveS: number;
  readonly wanted: (me: string) => readonly Wanted[];
  /** Null: no presence (the portal's meter). */
  readonly hello: (me: string, conn: string) => Hello | null;
  readonly onLive: () => void;
  /** `closed`: the broker closed it. */
  readonly onGone: (closed: boolean) => void;
  readonly onMessage: (message: Message) => void;
  /** A subscription was refused. For the desk only. */
  readonly onDenied?: () => void;
}

export const FIRST_PAUSE_MS = 250;
export const LONGEST_PAUSE_MS = 30_000;
/** A broker may learn new credentials this late (docs/contract.md#credentials). */
const REFUSED_PATIENCE_MS = 3_000;
const REFUSED_PAUSE_MS = 400;
/** After a change of network the new connection must be live within 3 s. */
const RETURN_ANSWER_MS = 1_500;
/** After so many failed tries the state is offline. */
const OFFLINE_AFTER = 4;
/** The share of a token's life after which the next one is used. */
const RENEW_AT = 0.8;
const CONN_BYTES = 12;
const CLIENT_ID_BYTES = 16;

/** Half of the pause is random, so that clients do not return all at once. */
export const backOffMs = (tries: number, chance: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS) * (0.5 + chance / 2);

interface Held {
  readonly connection: BrokerConnection;
  readonly hello: Hello | null;
}

export class Link {
  readonly connection: ReadonlySignal<ConnectionState>;
  readonly #connection;
  readonly #options: LinkOptions;
  #held: Held | null = null;
  #running = false;
  #opening = false;
  #tries = 0;
  #refusedSinceMs: number | null = null;
  #cancelTry = (): void => {};
  #cancelRenewal = (): void => {};
  #stopListening = (): void => {};
  /** Change the subscriptions to what is wanted now; return whether they are granted. For the desk only. */
  declare readonly follow: () => Promise<boolean>;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#connection = signal<ConnectionState>({ state: "idle", sinceMs: options.environment.now(), reason: null });
    this.connection = this.#connection;
    if (__DESK__)
      this.follow = async () => {
        const held = this.#held;
        const granted = await this.#subscribe(held);
        return this.#held && this.#held !== held ? this.follow() : granted;
      };
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#stopListening = this.#options.environment.onReturn(() => this.tryNow());
    void this.#connect();
  }

  /** Publish the last presence and disconnect. */
  stop(): void {
    this.#running = false;
    this.#cancelTry();
    this.#cancelRenewal();
    this.#stopListening();
    this.#leave(this.#held);
    if (this.#held) {
      this.#held = null;
      this.#options.onGone(false);
    }
    this.#become("idle");
  }

  /** Reconnect or probe at once. */
  tryNow(): void {
    this.#tries = 0; // a failing try is soon followed by the next
    if (this.#held) this.#held.connection.probe(RETURN_ANSWER_MS);
    else if (this.#running && !this.#opening) {
      this.#cancelTry();
      void this.#connect();
    }
  }

  /** Return whether the message was sent. */
  publish(topic: string, payload: string, qos: 0 | 1): boolean {
    return this.#held?.connection.publish(topic, payload, qos) ?? false;
  }

  /** Publish presence: after a roll, or when it changed. */
  greet(): void {
    const live = this.#held?.hello?.live();
    if (live) this.publish(live.topic, live.payload, 1);
  }

  #become(state: ConnectionState["state"], reason: string | null = null): void {
    const before = this.#connection.peek();
    if (before.state === state && before.reason === reason) return;
    this.#connection.value = { state, reason, sinceMs: this.#options.environment.now() };
  }

  async #connect(): Promise<void> {
    this.#opening = true;
    if (this.#connection.peek().state === "idle") this.#become("connecting");
    const refusedForLong =
      this.#refusedSinceMs !== null && this.#options.environment.steady() - this.#refusedSinceMs > REFUSED_PATIENCE_MS;
    try {
      const held = await this.#open(refusedForLong);
      this.#opening = false;
      if (!this.#running) return this.#leave(held);
      this.#tries = 0;
      this.#refusedSinceMs = null;
      this.#take(held);
      if (__DESK__ && (!(await this.follow()) || this.#held !== held)) return; // it ended, and is opened again
      this.#become("live");
      this.#options.onLive();
    } catch (fault) {
      this.#opening = false;
      if (this.#running) this.#failed(fault);
    }
  }

  /** Open a connection that is not in use yet. */
  async #open(fresh: boolean): Promise<Held> {
    const { session, environment, wanted, hello, keepAliveS, onMessage } = this.#options;
    const credentials = await session.credentials(fresh);
    const said = hello(credentials.id, asName(environment.entropy(CONN_BYTES)));
    const held: { current: Held | null } = { current: null };
    const connection = await openBrokerConnection({
      url: credentials.wsUrl,
      username: credentials.username,
      password: credentials.password,
      clientId: newClientId(credentials.username, environment.entropy(CLIENT_ID_BYTES)),
      keepAliveS,
      will: said?.gone ?? null,
      wanted: wanted(credentials.id),
      timers: environment.timers,
      watched: environment.watched,
      onMessage,
      onEnd: (why) => this.#ended(held.current, why === "closed"),
    });
    held.current = { connection, hello: said };
    return held.current;
  }

  /** Subscribe a connection to what is wanted now; return whether it is granted. For the desk only. */
  async #subscribe(held: Held | null): Promise<boolean> {
    const { session, wanted } = this.#options;
    const me = session.held?.id;
    return me !== undefined && (await held?.connection.follow?.(wanted(me))) === true;
  }

  #take(held: Held): void {
    this.#held = held;
    this.greet();
    this.#planRenewal();
  }

  /** Args: next: the connection that replaces it; it publishes both presences, so that they come in order. */
  #leave(held: Held | null, next: Held | null = held): void {
    if (!held) return;
    if (held.hello) next?.connection.publish(held.hello.gone.topic, held.hello.gone.payload, 1);
    held.connection.close();
  }

  #ended(held: Held | null, closed: boolean): void {
    if (!held || this.#held !== held) return; // an old connection, already replaced
    this.#held = null;
    this.#cancelRenewal();
    this.#become("connecting", closed ? "closed" : "lost");
    this.#options.onGone(closed);
    // Clients closed together return spread; silent connections were noticed one by one anyway.
    this.#tryIn(closed ? backOffMs(0, this.#options.environment.chance()) : 0);
  }

  #failed(fault: unknown): void {
    const { environment } = this.#options;
    if (fault instanceof SignedOut || (fault instanceof RestError && [401, 403].includes(fault.status))) {
      const isForbidden = fault instanceof RestError && fault.status === 403;
      this.#become("refused", isForbidden ? fault.message || fault.code : "signed_out");
      return;
    }
    const refused = fault instanceof BrokerConnectionError && fault.why !== "unreachable";
    if (__DESK__ && refused && fault.why === "denied") this.#options.onDenied?.();
    if (!refused) this.#refusedSinceMs = null;
    else this.#refusedSinceMs ??= environment.steady();
    const reason =
      fault instanceof BrokerConnectionError ? fault.why : fault instanceof RestError ? fault.code : "unreachable";
    this.#become(this.#tries >= OFFLINE_AFTER ? "offline" : "connecting", reason);
    const patient = refused && environment.steady() - (this.#refusedSinceMs ?? 0) <= REFUSED_PATIENCE_MS;
    const asked = fault instanceof RestError ? (fault.retryMs ?? 0) : 0;
    const pauseMs = patient ? REFUSED_PAUSE_MS : Math.max(asked, backOffMs(this.#tries++, environment.chance()));
    this.#tryIn(pauseMs);
  }

  #tryIn(ms: number): void {
    this.#cancelTry();
    this.#cancelTry = this.#options.environment.timers.after(ms, () => {
      if (this.#running && !this.#opening && !this.#held) void this.#connect();
    });
  }

  #planRenewal(): void {
    this.#cancelRenewal();
    const { session, environment } = this.#options;
    const expires = session.held?.expires;
    if (!expires) return;
    const leftMs = Math.max(0, (expires - environment.steady()) * RENEW_AT);
    // A timer holds 24.8 days at most; then the rest is planned.
    this.#cancelRenewal = environment.timers.after(Math.min(leftMs, 2_000_000_000), () => void this.#renew());
  }

  /** Open and subscribe the new connection, then drop the old one. */
  async #renew(): Promise<void> {
    const before = this.#held;
    if (!before || !this.#running) return;
    try {
      const next = await this.#open(true);
      if (__DESK__ && !(await this.#subscribe(next))) throw new Error("the new connection ended");
      if (!this.#running || this.#held !== before) return this.#leave(next);
      this.#take(next);
      if (__DESK__) await this.follow(); // what was opened meanwhile
      this.#leave(before, next);
    } catch {
      // The old connection lives until its token ends.
      if (this.#held === before)
        this.#cancelRenewal = this.#options.environment.timers.after(LONGEST_PAUSE_MS, () => void this.#renew());
    }
  }
}
