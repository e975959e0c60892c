/** One conversation at run time: carries out the core's effects and turns outside events into the core's. */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import {
  type Conversation,
  type Effect,
  type Event,
  FETCH_AGAIN_MS,
  type Happened,
  keptOf,
  newConversation,
  reduce,
  wakesMs,
} from "../core/conversation.ts";
import type { Ask } from "../core/log.ts";
import type { Pending } from "../core/outbox.ts";
import { type ConversationView, viewOf } from "../core/view.ts";
import { checkText } from "../protocol/checks.ts";
import { newMessageId } from "../protocol/ids.ts";
import type { Body } from "../protocol/kinds.ts";
import { encode, type Said } from "../protocol/payloads.ts";
import * as topics from "../protocol/topics.ts";
import { readDraft, writeDraft } from "./drafts.ts";
import { dayOf } from "./environment.ts";
import { RestError } from "./http.ts";
import type { Environment } from "./link.ts";
import type { Rest } from "./rest.ts";
import type { Store } from "./store.ts";
import { MAX_FILE_BYTES, Uploads } from "./uploads.ts";

export interface LiveConversationOptions {
  readonly client: string;
  readonly me: string;
  readonly environment: Environment;
  readonly store: Store;
  readonly rest: Rest;
  readonly publish: (topic: string, payload: string, qos: 0 | 1) => boolean;
  /** Called when the conversation is another team's. For the desk only. */
  readonly onForeign?: () => void;
  /** Called after each change of state. */
  readonly onChange?: (conversation: LiveConversation) => void;
}

const PAGE = 100;
const CATCH_UP_PAGE = 500;
/** Entries cached for the next visit. */
const KEPT = 200;
const KEEP_AFTER_MS = 400;
/** Of events within one frame, the first is shown at once, the others together. */
const FRAME_MS = 16;
/** Pages of a long catch-up are shown together after this time. */
const PAGES_MS = 100;
const ENTROPY_BYTES = 10;
/** Markers within this time are published as one. */
const MARK_EVERY_MS = 250;
/** A refusal within this time may be the marker's. */
const REFUSED_WITHIN_MS = 10_000;

export class LiveConversation {
  readonly client: string;
  readonly view: ReadonlySignal<ConversationView>;
  readonly uploads: Uploads;
  /** Counts erasures; whoever shows the draft empties it then. */
  readonly erasures: Signal<number> = signal(0);
  readonly #view;
  readonly #options: LiveConversationOptions;
  #state: Conversation;
  /** Counts connections; answers to an older one are dropped. */
  #connection = 0;
  #changes = 0;
  #cancelWake = (): void => {};
  #cancelKeep: (() => void) | null = null;
  #cancelShow: (() => void) | null = null;
  #heardIsDueMs = 0;
  #cancelMark: (() => void) | null = null;
  #markDueMs = 0;
  #closed = false;

  constructor(options: LiveConversationOptions) {
    this.#options = options;
    this.client = options.client;
    this.uploads = new Uploads(options, (happening) => this.happen(happening));
    this.#state = newConversation(options.client, options.me);
    this.#view = signal(this.#look());
    this.view = this.#view;
  }

  get state(): Conversation {
    return this.#state;
  }

  /** Take the cache and the outbox. */
  async recall(): Promise<void> {
    const { store } = this.#options;
    const [kept, items] = await Promise.all([store.kept(this.client), store.list()]).catch(() => [null, []] as const);
    if (kept) this.happen({ type: "kept", kept });
    if (this.#changes === 0 && items.length > 0) this.happen({ type: "list", items });
  }

  /** Send a text and return its id; null when it cannot be sent. */
  say(text: string): string | null {
    return checkText(text) === null ? this.share({ kind: "text", text }) : null;
  }

  /** Send a message of any kind without an upload; return its id. */
  share(body: Body & Pick<Said, "kind">): string {
    const id = this.#newId();
    this.happen({ type: "say", said: { ...body, id, sent: this.#options.environment.now() } });
    return id;
  }

  /** Send a file; return false when it is empty or too large. */
  async attach(blob: Blob, name: string): Promise<boolean> {
    if (blob.size === 0 || blob.size > MAX_FILE_BYTES) return false;
    const id = this.#newId();
    const file = { file: id, name, type: blob.type || "application/octet-stream", size: blob.size };
    await this.#options.store.keepFile(id, blob).catch(() => {}); // then the upload fails as lost
    this.happen({ type: "say", said: { id, kind: "file", file, sent: this.#options.environment.now() }, upload: true });
    return true;
  }

  /** Publish typing; call at each input. An empty text ends it. */
  composing(text: string): void {
    this.happen({ type: "compose", on: text !== "" });
  }

  setVisible(visible: boolean): void {
    if (visible !== this.#state.visible) this.happen({ type: "look", visible });
  }

  retry(id: string): void {
    this.happen({ type: "retry", id });
  }

  /** Drop an unsent message and return its text. */
  discard(id: string): string | null {
    const item = this.#state.outbox.items.find((each) => each.id === id);
    this.happen({ type: "discard", id });
    if (item?.upload) this.uploads.drop(id);
    return item?.said?.text ?? null;
  }

  older(): void {
    this.happen({ type: "older" });
  }

  get draft(): string {
    return readDraft(this.#options.me, this.client);
  }

  setDraft(text: string): void {
    writeDraft(this.#options.me, this.client, text);
  }

  happen(happening: Happened): void {
    if (this.#closed) return;
    const { environment } = this.#options;
    if (happening.type === "online") this.#connection++;
    if (happening.type === "refusal" && happening.refusal.id === null && happening.refusal.retryMs !== null)
      this.#markAgain(happening.refusal.retryMs);
    const before = this.#state;
    const { state, effects } = reduce(before, {
      ...happening,
      nowMs: environment.steady(),
      wallMs: environment.now(),
      jitter: environment.chance(),
    } as Event);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    if (state !== before) {
      // What reached the reader's other screens changes nothing on this one.
      const isElsewhere = happening.type === "marker" && happening.reader === this.#options.me;
      if (!isElsewhere || state.own.read !== before.own.read) this.#showSoon(happening.type);
      this.#wake();
      this.#options.onChange?.(this);
      if (state.log !== before.log || state.markers !== before.markers || state.own !== before.own)
        this.#cancelKeep ??= environment.timers.after(KEEP_AFTER_MS, () => this.#keep());
    }
  }

  /** End it, with a last write to the cache. */
  close(): void {
    if (this.#cancelKeep) this.#keep();
    this.end();
  }

  /** End it without caching more, as at sign-out. */
  end(): void {
    this.#cancelWake();
    this.#cancelShow?.();
    this.#cancelKeep?.();
    this.#cancelMark?.();
    this.#closed = true;
  }

  #newId(): string {
    const { now, entropy } = this.#options.environment;
    return newMessageId(now(), entropy(ENTROPY_BYTES));
  }

  #look(): ConversationView {
    const { environment, store } = this.#options;
    return viewOf(this.#state, { nowMs: environment.steady(), dayOf, keptInMemoryOnly: store.inMemory });
  }

  /** Publish the marker, at most once in MARK_EVERY_MS. */
  #mark(): void {
    const { me, publish, environment } = this.#options;
    if (this.#cancelMark) return;
    const waitMs = this.#markDueMs - environment.steady();
    if (waitMs > 0) {
      this.#cancelMark = environment.timers.after(waitMs, () => {
        this.#cancelMark = null;
        this.#mark();
      });
    } else if (this.#state.own.delivered > 0) {
      this.#markDueMs = environment.steady() + MARK_EVERY_MS;
      publish(topics.marker(this.client, me), encode(this.#state.own), 1);
    }
  }

  /** A refusal without an id may be a marker's. */
  #markAgain(retryMs: number): void {
    const { environment } = this.#options;
    if (this.#markDueMs + REFUSED_WITHIN_MS < environment.steady()) return;
    this.#cancelMark?.();
    this.#cancelMark = null;
    this.#markDueMs = environment.steady() + retryMs * (1 + environment.chance());
    this.#mark();
  }

  #carryOut(effect: Effect): void {
    const { me, publish, store } = this.#options;
    switch (effect.do) {
      case "publish": {
        const { said, command } = effect.pending;
        if (effect.pending.upload) void this.uploads.run(effect.pending);
        else if (said) publish(topics.msg(this.client, me), encode(said), 1);
        if (__DESK__ && command) publish(topics.deskDo(me), encode(command), 1);
        return;
      }
      case "mark":
        this.#mark();
        return;
      case "typing":
        publish(topics.typing(this.client, me), encode({ on: effect.on }), 0);
        return;
      case "fetch":
        void this.#fetch(effect.ask);
        return;
      case "keep":
        void this.#change(() => store.change(effect.change));
        return;
      case "forget":
        void store.forget(this.client).catch(() => {});
        return;
      case "erase":
        for (const id of effect.unsent) this.uploads.drop(id);
        this.setDraft("");
        this.erasures.value += 1;
        return;
    }
  }

  async #fetch(asked: Ask): Promise<void> {
    const { rest, environment } = this.#options;
    const connection = this.#connection;
    const stale = (): boolean => connection !== this.#connection || this.#closed;
    try {
      const page = await rest.log(this.client, asked, "after" in asked ? CATCH_UP_PAGE : PAGE);
      if (!stale()) this.happen({ type: "page", asked, page });
    } catch (fault) {
      if (__DESK__ && fault instanceof RestError && fault.code === "other_team") return this.#options.onForeign?.();
      environment.timers.after(FETCH_AGAIN_MS * (1 + environment.chance()), () => {
        if (!stale()) this.happen({ type: "page-failed", asked });
      });
    }
  }

  /** Only the last of several running changes returns the list: earlier answers lack the later ones. */
  async #change(run: () => Promise<readonly Pending[]>): Promise<void> {
    this.#changes++;
    const list = await run().catch(() => null);
    this.#changes--;
    if (this.#changes === 0 && list) this.takeList(list);
  }

  /** Take the stored outbox after another tab or conversation changed it. */
  takeList(list: readonly Pending[]): void {
    if (this.#changes === 0) this.happen({ type: "list", items: list });
  }

  /** Each update costs as much as the conversation is long, so bursts are shown together. */
  #showSoon(why: Happened["type"]): void {
    const { environment } = this.#options;
    const isPart = why === "page" && this.#state.log.asked !== null;
    const isHeard = why === "entry" || why === "marker";
    const dueMs = isPart ? PAGES_MS : isHeard ? this.#heardIsDueMs - environment.steady() : 0;
    if (dueMs > 0 && environment.watched())
      this.#cancelShow ??= environment.timers.after(dueMs, () => this.#show(true));
    else this.#show(isHeard);
  }

  #show(isHeard: boolean): void {
    const { steady } = this.#options.environment;
    this.#cancelShow?.();
    this.#cancelShow = null;
    const beganMs = steady();
    this.#view.value = this.#look();
    if (!isHeard) return;
    this.#heardIsDueMs = beganMs + FRAME_MS;
    // Screens are drawn right after this. Slow drawing gets an equally long pause for taking events.
    queueMicrotask(() => {
      const nowMs = steady();
      this.#heardIsDueMs = nowMs + Math.max(FRAME_MS, nowMs - beganMs);
    });
  }

  #wake(): void {
    this.#cancelWake();
    const { timers, steady } = this.#options.environment;
    const at = wakesMs(this.#state);
    if (at !== null) this.#cancelWake = timers.after(Math.max(0, at - steady()), () => this.happen({ type: "tick" }));
  }

  #keep(): void {
    this.#cancelKeep?.();
    this.#cancelKeep = null;
    // Without an epoch the log is not known yet.
    if (this.#state.log.epoch !== null)
      void this.#options.store.keep(this.client, keptOf(this.#state, KEPT)).catch(() => {});
  }
}
