/** A client's link: its conversation, the desk's notice, outages and, where wanted, its live reading. */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { asOutage, type DeskNotice, decode, encode, type LiveReading, type Outage } from "../protocol/payloads.ts";
import * as topics from "../protocol/topics.ts";
import type { ConnectionState } from "./connection-state.ts";
import { type Hearer, hearMessage } from "./conversation-messages.ts";
import { pageEnvironment } from "./environment.ts";
import { type Environment, Link } from "./link.ts";
import { LiveConversation } from "./live-conversation.ts";
import { PresencePoll } from "./presence-poll.ts";
import { Rest } from "./rest.ts";
import type { Session } from "./session.ts";
import { openStore, type Store } from "./store.ts";

export interface ClientLinkOptions {
  readonly base: string;
  readonly session: Session;
  /** The expected id, to open the cache before the server answers. */
  readonly me: string | null;
  readonly readings?: boolean;
  /** For tests. */
  readonly environment?: Environment;
}

/** An outage that stands in the area, with the time of its text. */
export interface AreaOutage {
  readonly area: string;
  readonly text: NonNullable<Outage["text"]>;
  readonly at: number | null | undefined;
}

/** Within this time a broker sends what is retained; an outage not sent by then is over. */
export const TOLD_WITHIN_MS = 10_000;
/** A hidden tab's timers run once a minute; the broker must wait longer. */
const KEEP_ALIVE_S = 60;

export class ClientLink {
  readonly connection: ReadonlySignal<ConnectionState>;
  /** Null before sign-in. */
  readonly conversation: Signal<LiveConversation | null> = signal(null);
  readonly notice: Signal<DeskNotice | null> = signal(null);
  readonly reading: Signal<LiveReading | null> = signal(null);
  /** The notice of an outage in the client's area; null for none. */
  readonly outage: Signal<AreaOutage | null> = signal(null);
  readonly rest: Rest;
  /** The time zone of the platform's days; null until the server has told it. */
  readonly zone = signal<string | null>(null);
  readonly #options: ClientLinkOptions;
  readonly #environment: Environment;
  readonly #link: Link;
  readonly #presencePoll: PresencePoll;
  #store: Store | null = null;
  #visible = false;
  #live = false;
  /** Whether this connection told about an outage. */
  #told = false;
  #cancelTelling = (): void => {};
  readonly #hearer: Hearer = {
    onNotice: (notice, retained) => {
      const conversation = this.conversation.peek();
      this.notice.value = notice;
      if (this.#presencePoll.hear(notice.roll, retained)) conversation?.happen({ type: "rolled" });
      const names = Object.fromEntries(notice.agents.map(({ id, name }) => [id, name]));
      conversation?.happen({ type: "names", names });
    },
    onOutage: (area, payload) => {
      // Empty: the retained notice was cleared after the outage ended.
      this.#told = true;
      const told = decode(asOutage, payload);
      this.outage.value = told?.text ? ({ ...told, area } as AreaOutage) : null;
    },
    onReading: (_, reading) => {
      this.reading.value = reading;
    },
    onConversation: (client, happened) => {
      const conversation = this.conversation.peek();
      if (client === conversation?.client) conversation.happen(happened);
    },
  };

  constructor(options: ClientLinkOptions) {
    this.#options = options;
    this.#environment = options.environment ?? pageEnvironment();
    this.rest = new Rest(options.base, () => options.session.bearer());
    this.#link = new Link({
      session: options.session,
      environment: this.#environment,
      keepAliveS: KEEP_ALIVE_S,
      wanted: (me) => {
        const held = options.session.held;
        const area = held?.area;
        if (held) this.zone.value = held.tz;
        return [
          ...topics.widgetFilters(me),
          ...(area ? [[topics.outage(area), 1] as const] : []),
          ...(options.readings ? [topics.readingFilter(me)] : []),
        ];
      },
      hello: (me, conn) => {
        const topic = topics.presence(me);
        const live = { topic, payload: encode({ online: true, conn }) };
        return { live: () => live, gone: { topic, payload: encode({ online: false, conn }) } };
      },
      onLive: () => void this.#onLive(),
      onGone: (closed) => {
        this.#live = false;
        this.#cancelTelling();
        this.#told = false;
        this.#presencePoll.reset();
        this.conversation.peek()?.happen({ type: "offline", closed });
      },
      onMessage: (message) => hearMessage(message, this.#hearer),
    });
    this.connection = this.#link.connection;
    this.#presencePoll = new PresencePoll(this.#environment, () => this.#link.greet());
  }

  /** Open the cached conversation. */
  async recall(): Promise<void> {
    if (this.#options.me) await this.#become(this.#options.me);
  }

  start(): void {
    this.#link.start();
  }

  stop(): void {
    this.#link.stop();
    this.conversation.peek()?.close();
    this.#store?.close();
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
    this.conversation.peek()?.setVisible(visible);
  }

  /** Return a URL of the client's data that needs no header; null before sign-in. */
  address(path: string): string | null {
    const key = this.#options.session.held?.downloadKey;
    return key ? `${this.#options.base}${path}${path.includes("?") ? "&" : "?"}key=${encodeURIComponent(key)}` : null;
  }

  /** The key to ask for the unread count without a link; null before sign-in. */
  get unreadKey(): string | null {
    return this.#options.session.held?.unreadKey ?? null;
  }

  tryNow(): void {
    this.#link.tryNow();
  }

  /**
   * Open this identity's store and conversation; take over unsent texts of an identity that the server no longer knows.
   */
  async #become(me: string): Promise<void> {
    const before = this.conversation.peek();
    const words = before?.state.outbox.items.flatMap(({ said }) => said?.text ?? []) ?? [];
    before?.close();
    this.#store?.close();
    const store = await openStore(me);
    const conversation = new LiveConversation({
      client: me,
      me,
      environment: this.#environment,
      store,
      rest: this.rest,
      publish: (topic, payload, qos) => this.#link.publish(topic, payload, qos),
    });
    this.#store = store;
    store.onChange(() => void store.list().then((list) => conversation.takeList(list)));
    await conversation.recall();
    for (const text of words) conversation.say(text);
    conversation.setVisible(this.#visible);
    this.conversation.value = conversation;
  }

  async #onLive(): Promise<void> {
    this.#live = true;
    // The notice stays while offline: a screen reader would announce a new one again.
    this.#cancelTelling = this.#environment.timers.after(TOLD_WITHIN_MS, () => {
      if (!this.#told) this.outage.value = null;
    });
    const me = this.#options.session.held?.id;
    if (me && me !== this.conversation.peek()?.client) await this.#become(me);
    if (this.#live) this.conversation.peek()?.happen({ type: "online" });
  }
}
