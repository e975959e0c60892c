/** `@wattline/client`: take part in the chat as a client, in Node and in browsers. */

import type { ConversationView, Item } from "../core/view.ts";
import { ClientLink } from "../link/client-link.ts";
import type { ConnectionState } from "../link/connection-state.ts";
import { pageEnvironment, steadyClock } from "../link/environment.ts";
import { RestError } from "../link/http.ts";
import type { Environment } from "../link/link.ts";
import { type Guest, guestSession, identitySession, type Session } from "../link/session.ts";
import { pageTimers } from "../link/timers.ts";
import type { Rating } from "../protocol/kinds.ts";
import type { Lang } from "../protocol/languages.gen.ts";
import type { DeskNotice, Refusal } from "../protocol/payloads.ts";

export type { ConnectionState, ConversationView, DeskNotice, Guest, Item, Rating, Refusal };
export { RestError };

export interface Options {
  /** Wattline's URL, such as `https://chat.example`. */
  readonly url: string;
  readonly lang?: Lang;
}
export interface GuestOptions extends Options {
  /** What `onGuest` gave at an earlier visit; without it the server makes a new guest. */
  readonly guest?: Guest | null;
  /** Called with what to keep, to return as the same guest. */
  readonly onGuest?: (guest: Guest | null) => void;
}
export interface UserOptions extends Options {
  /** Returns a JWT that your server signed just now; null after sign-out. */
  readonly identity: () => Promise<string | null>;
}

export interface Told {
  /** The conversation, whenever it changes. */
  readonly view: ConversationView;
  readonly connection: ConnectionState;
  /** Who is at the desk. */
  readonly desk: DeskNotice | null;
}

/** What a wait ended with: it took too long, or the server refused the message. */
export class NotStored extends Error {
  constructor(
    readonly id: string,
    readonly refusal: Item["refusal"],
  ) {
    super(refusal ? `${id} was refused: ${refusal.text || refusal.why}` : `${id} is not stored yet`);
  }
}

const WITHIN_MS = 10_000;

const nodeEnvironment = (): Environment => ({
  now: () => Date.now(),
  steady: steadyClock(),
  chance: () => Math.random(),
  entropy: (size) => crypto.getRandomValues(new Uint8Array(size)),
  timers: pageTimers,
  watched: () => true,
  onReturn: () => () => {},
});

/**
 * One client's conversation. What is said is kept until the server has stored it, and sent again after a lost
 * connection; in browsers it survives a reload. Entries are in the order of the server.
 */
export class Client {
  readonly #link: ClientLink;

  private constructor(url: string, environment: Environment, session: Session, me: string | null) {
    this.#link = new ClientLink({ base: url, session, me, environment });
  }

  /** Takes part as a guest. */
  static asGuest({ url, lang = "en", guest = null, onGuest }: GuestOptions): Client {
    const environment = environmentHere();
    let kept = guest;
    const keep = (next: Guest | null): void => {
      kept = next;
      onGuest?.(next);
    };
    const session = guestSession(
      trimmed(url),
      lang,
      { load: () => kept, save: keep, drop: () => keep(null) },
      environment.steady,
    );
    return new Client(trimmed(url), environment, session, guest?.id ?? null);
  }

  /** Takes part as your portal's user. Rejects when there is no identity. */
  static async asUser({ url, lang = "en", identity }: UserOptions): Promise<Client> {
    const environment = environmentHere();
    const first = await identity();
    if (first === null) throw new Error("identity() returned null: nobody is signed in");
    const session = identitySession(trimmed(url), lang, first, identity, null, environment.steady);
    return new Client(trimmed(url), environment, session, null);
  }

  /** Connects, and stays connected until `stop`. Rejects when that takes too long, but goes on trying. */
  async start(withinMs = WITHIN_MS): Promise<this> {
    await this.#link.recall();
    this.#link.start();
    await this.#until(
      () => this.id !== null && this.connection.state === "live",
      withinMs,
      () => {
        const { state, reason } = this.connection;
        return new Error(`not connected within ${withinMs} ms: ${reason ?? state}`);
      },
    );
    return this;
  }

  /** Publishes the last presence and disconnects. What is not stored yet is sent at the next start, in a browser. */
  stop(): void {
    this.#link.stop();
  }

  /** The client's id; null before the first connection. */
  get id(): string | null {
    return this.#link.conversation.value?.client ?? null;
  }

  get connection(): ConnectionState {
    return this.#link.connection.value;
  }

  get view(): ConversationView {
    return this.#conversation.view.value;
  }

  /** Calls now and at each change; returns how to stop. */
  on<K extends keyof Told>(what: K, run: (value: Told[K]) => void): () => void {
    const hear = run as (value: unknown) => void;
    if (what === "connection") return this.#link.connection.subscribe(hear);
    if (what === "desk") return this.#link.notice.subscribe(hear);
    let stop = (): void => {};
    const stopAll = this.#link.conversation.subscribe((conversation) => {
      stop();
      stop = conversation?.view.subscribe(hear) ?? stop;
    });
    return () => {
      stopAll();
      stop();
    };
  }

  /** Puts a text into the outbox and returns its id. Throws TypeError for an empty or too long text. */
  say(text: string): string {
    const id = this.#conversation.say(text);
    if (id === null) throw new TypeError("say: a text of 1 to 4,000 characters");
    return id;
  }

  /** Resolves with the stored message. Rejects with NotStored when it was refused, or not stored in time. */
  async stored(id: string, withinMs = WITHIN_MS): Promise<Item> {
    const find = (): Item | undefined => this.view.items.find((item) => item.mine && item.id === id);
    const isSettled = (): boolean => find()?.seq != null || find()?.tick === "failed";
    await this.#until(isSettled, withinMs, () => new NotStored(id, null));
    const item = find() as Item;
    if (item.tick === "failed") throw new NotStored(id, item.refusal);
    return item;
  }

  /** Publishes typing; call at each input. An empty text ends it. */
  typing(text: string): void {
    this.#conversation.composing(text);
  }

  /** Says whether the person sees the conversation; while so, everything in it counts as read. */
  watch(isSeen: boolean): void {
    this.#link.setVisible(isSeen);
  }

  /** Rates the conversation that has ended. */
  rate(rating: Rating): void {
    this.#conversation.share({ kind: "rating", rating });
  }

  /** Loads older entries, if `view.hasOlder`. */
  older(): void {
    this.#conversation.older();
  }

  retry(id: string): void {
    this.#conversation.retry(id);
  }

  /** Drops an unsent message and returns its text. */
  discard(id: string): string | null {
    return this.#conversation.discard(id);
  }

  /** Returns the JSON of a GET of the REST API as this client. Rejects with RestError. */
  async get(path: string): Promise<unknown> {
    return this.#link.rest.get(path);
  }

  get #conversation() {
    const conversation = this.#link.conversation.value;
    if (!conversation) throw new Error("await start() first");
    return conversation;
  }

  #until(fact: () => boolean, withinMs: number, fault: () => Error): Promise<void> {
    return new Promise((done, fail) => {
      const stops: (() => void)[] = [];
      const end = (): void => {
        clearTimeout(timer);
        for (const stop of stops) stop();
      };
      const timer = setTimeout(() => {
        end();
        fail(fault());
      }, withinMs);
      const look = (): void => {
        if (!fact()) return;
        queueMicrotask(end);
        done();
      };
      stops.push(this.on("connection", look), this.on("view", look));
    });
  }
}

const trimmed = (url: string): string => url.replace(/\/+$/, "");
const environmentHere = (): Environment => (typeof document === "undefined" ? nodeEnvironment() : pageEnvironment());
