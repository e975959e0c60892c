/** A client's link: its one conversation, who is at the desk, and, where asked for, its live reading. */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import {
  asDeskNotice,
  asLiveReading,
  asOutage,
  type DeskNotice,
  decode,
  encode,
  type LiveReading,
  type Outage,
} from "../protocol/payloads.ts";
import * as topics from "../protocol/topics.ts";
import type { Message } from "./broker-connection.ts";
import { happenedIn } from "./conversation-messages.ts";
import { pageEnvironment } from "./environment.ts";
import { type ConnectionState, type Environment, Link } from "./link.ts";
import { LiveConversation } from "./live-conversation.ts";
import { PresencePoll } from "./presence-poll.ts";
import { Rest } from "./rest.ts";
import type { Session } from "./session.ts";
import { openStore, type Store } from "./store.ts";

export interface ClientLinkOptions {
  readonly base: string;
  readonly session: Session;
  /** Who this will be, where that is known before the server said so: opens the cache at once. */
  readonly me: string | null;
  readonly readings?: boolean;
  /** For tests. */
  readonly environment?: Environment;
}

/** So long after the line came a broker has told what is retained: an outage that is not told then has ended. */
export const TOLD_WITHIN_MS = 10_000;
/** Hidden tabs are throttled to a timer a minute: the broker must not take that for a death. */
const KEEP_ALIVE_S = 60;

export class ClientLink {
  readonly connection: ReadonlySignal<ConnectionState>;
  /** Null until it is known who this is. */
  readonly conversation: Signal<LiveConversation | null> = signal(null);
  readonly notice: Signal<DeskNotice | null> = signal(null);
  readonly reading: Signal<LiveReading | null> = signal(null);
  /** What the desk says of an outage in the client's area; null while there is none. */
  readonly outage: Signal<Outage["text"]> = signal(null);
  readonly rest: Rest;
  readonly #options: ClientLinkOptions;
  readonly #environment: Environment;
  readonly #link: Link;
  readonly #rollCall: PresencePoll;
  #store: Store | null = null;
  #visible = false;
  #live = false;
  /** Whether the present line has said what becomes of an outage. */
  #told = false;
  #cancelTelling = (): void => {};

  constructor(options: ClientLinkOptions) {
    this.#options = options;
    this.#environment = options.environment ?? pageEnvironment();
    this.rest = new Rest(options.base, () => options.session.bearer());
    this.#link = new Link({
      session: options.session,
      environment: this.#environment,
      keepAliveS: KEEP_ALIVE_S,
      wanted: (me) => {
        const area = options.session.held?.area;
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
        this.#rollCall.reset();
        this.conversation.peek()?.happen({ type: "offline", closed });
      },
      onMessage: (message) => this.#onMessage(message),
    });
    this.connection = this.#link.connection;
    this.#rollCall = new PresencePoll(this.#environment, () => this.#link.greet());
  }

  /** Opens what is kept: then there is something to draw. */
  async recall(): Promise<void> {
    if (this.#options.me) await this.#become(this.#options.me);
  }

  /** Connects. */
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

  /** Where something of this client's can be had without a header; null while no session is there. */
  address(path: string): string | null {
    const key = this.#options.session.held?.downloadKey;
    return key ? `${this.#options.base}${path}${path.includes("?") ? "&" : "?"}key=${encodeURIComponent(key)}` : null;
  }

  /** Asks how many answers are unread where there is no link; null while no session is there. */
  get unreadKey(): string | null {
    return this.#options.session.held?.unreadKey ?? null;
  }

  tryNow(): void {
    this.#link.tryNow();
  }

  /** Opens this identity's store and conversation; words of one that the server does not know any more go along. */
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
    // Shown on while there is no line: shown anew with each one it would be announced anew.
    this.#cancelTelling = this.#environment.timers.after(TOLD_WITHIN_MS, () => {
      if (!this.#told) this.outage.value = null;
    });
    const me = this.#options.session.held?.id;
    if (me && me !== this.conversation.peek()?.client) await this.#become(me);
    if (this.#live) this.conversation.peek()?.happen({ type: "online" });
  }

  #onMessage({ topic, payload, retained }: Message): void {
    const address = topics.parse(topic);
    if (!address) return;
    if (address.kind === "notice_desk") {
      const notice = decode(asDeskNotice, payload);
      if (notice) this.#onNotice(notice, retained);
      return;
    }
    if (address.kind === "outage") {
      // An empty one: the broker's retained notice is cleared after its end was told.
      this.#told = true;
      this.outage.value = decode(asOutage, payload)?.text ?? null;
      return;
    }
    const conversation = this.conversation.peek();
    if (retained || address.client === undefined) return; // of a chat nothing is retained
    if (address.kind === "reading") {
      this.reading.value = decode(asLiveReading, payload) ?? this.reading.peek();
      return;
    }
    const happened = address.client === conversation?.client && happenedIn(address, payload);
    if (happened) conversation?.happen(happened);
  }

  #onNotice(notice: DeskNotice, retained: boolean): void {
    this.notice.value = notice;
    if (this.#rollCall.hear(notice.roll, retained)) this.conversation.peek()?.happen({ type: "rolled" });
    const names = Object.fromEntries(notice.agents.map(({ id, name }) => [id, name]));
    this.conversation.peek()?.happen({ type: "names", names });
  }
}
