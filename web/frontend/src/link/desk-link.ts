/** The board's link: every conversation of the desk over one line, the inbox, the colleagues, and commands. */

import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { EMPTY_INBOX, inboxWakesMs, reduceInbox, type InboxEvent, type InboxState } from "../core/inbox.ts";
import { endRoll, hearPresence, ROLL_ENDS_MS, roll, somebody, type Present } from "../core/presence.ts";
import {
  asAgentPresence,
  asDeskNotice,
  asEntry,
  asLiveReading,
  asMarker,
  asRefusal,
  asSummary,
  asTyping,
  decode,
  encode,
  type AgentPresence,
  type CommandBody,
  type DeskNotice,
  type LiveReading,
  type Refusal,
  type Summary,
} from "../protocol/payloads.ts";
import * as topics from "../protocol/topics.ts";
import { Link, type ConnectionState, type World } from "./link.ts";
import type { Message } from "./line.ts";
import { createApi, type Api } from "./desk-api.ts";
import { DeskNotices } from "./desk-notices.ts";
import { ask, readInbox, Rest } from "./rest.ts";
import { RollCall } from "./roll-call.ts";
import { agentSession } from "./session.ts";
import { lazyStore, openStore, type Store } from "./store.ts";
import { Talk } from "./talk.ts";
import { workerTimers } from "./timers.ts";
import { pageWorld } from "./world.ts";

export interface Colleague {
  readonly state: AgentPresence["state"];
  /** The conversations on this agent's screens. */
  readonly viewing: readonly string[];
}
export type CommandState = "sending" | "done" | { readonly refusal: { readonly why: string; readonly text: string } };

export interface DeskOptions {
  readonly apiBase: string;
  readonly me: string;
  readonly name: string;
  readonly csrf: string;
  /** For tests. */
  readonly world?: World;
}

declare const __TIMERS__: string | undefined;

/** A broker misses a closed laptop after one and a half times this: its agent is offline within 30 s. */
const KEEP_ALIVE_S = 18;
/** Rows of a page of the inbox, and how many pages are taken at a connect. */
const ROWS = 200;
const PAGES = 50;
/** More than a screen shows. */
const FIRST_ROWS = 60;
const INBOX_AGAIN_MS = 2_000;
/** So long words of one client are gathered into one marker. */
const DELIVER_AFTER_MS = 100;
const NEWCOMER_WITHIN_MS = 2_000;

export const createDesk = (options: DeskOptions): Desk => new Desk(options);

const deskWorld = (): World =>
  typeof __TIMERS__ === "string" && typeof Worker !== "undefined"
    ? pageWorld(workerTimers(new URL(__TIMERS__, import.meta.url).href))
    : pageWorld();

export class Desk {
  readonly connection: ReadonlySignal<ConnectionState>;
  readonly inbox: Signal<InboxState> = signal(EMPTY_INBOX);
  readonly names: Signal<Readonly<Record<string, string>>>;
  readonly desk: Signal<DeskNotice | null> = signal(null);
  readonly agents: Signal<Readonly<Record<string, Colleague>>> = signal({});
  readonly rest: Rest;
  /** Search, figures and settings, as this agent. */
  readonly api: Api;
  readonly notices: DeskNotices;
  readonly #me: string;
  readonly #world: World;
  readonly #link: Link;
  readonly #rollCall: RollCall;
  readonly #talks = new Map<string, Talk>();
  readonly #commands = new Map<string, Signal<CommandState>>();
  readonly #readings = new Map<string, Signal<LiveReading | null>>();
  #store: Store | null = null;
  #live = false;
  #connections = 0;
  #present: Present = {};
  #state: "online" | "away" = "online";
  #viewing: string | null = null;
  /** What is to be marked as delivered, of conversations that are not open here. */
  readonly #delivered = new Map<string, number>();
  /** Where the lists go on that were not taken whole. */
  readonly #cursors = new Map<string, string>();
  #cancelInboxTick = (): void => {};
  #cancelNewcomer: (() => void) | null = null;

  constructor({ apiBase, me, name, csrf, world = deskWorld() }: DeskOptions) {
    this.#me = me;
    this.#world = world;
    this.names = signal({ [me]: name });
    this.#inbox({ type: "names", names: this.names.peek() });
    const session = agentSession(apiBase, () => csrf, world.steady);
    this.rest = new Rest(apiBase, () => session.bearer());
    this.api = createApi(apiBase, () => session.bearer());
    this.#link = new Link({
      session,
      world,
      keepAliveS: KEEP_ALIVE_S,
      wanted: topics.boardFilters,
      hello: (_me, conn) => ({
        live: () => this.#presence({ state: this.#state, conn, viewing: this.#viewing }),
        gone: this.#presence({ state: "offline", conn, viewing: null }),
      }),
      onLive: () => this.#onLive(),
      onGone: (closed) => this.#onGone(closed),
      onMessage: (message) => this.#onMessage(message),
    });
    this.connection = this.#link.connection;
    this.notices = new DeskNotices(me, world, (topic, payload, qos) => this.#link.publish(topic, payload, qos));
    this.#rollCall = new RollCall(world, () => this.#link.greet());
  }

  /** Connects, and takes up what an earlier visit left in the outbox. */
  async start(): Promise<void> {
    const store = await this.#opened();
    store.onChange(() => void this.#takeList());
    await this.#takeList();
    this.#link.start();
  }

  /** The first rows by the page's cookie, before there is a line; the snapshot that the line brings is merged by `rev`. */
  async firstLook(): Promise<void> {
    const byCookie = { get: (path: string) => ask(this.rest.base + path, { cookies: true }) };
    const { summaries, names } = await readInbox(byCookie, { limit: String(FIRST_ROWS) });
    this.#inbox({ type: "snapshot", summaries, names });
  }

  /** Signs out: says goodbye and drops what was cached; the outbox stays for the next visit. */
  async stop(): Promise<void> {
    this.#link.stop();
    for (const talk of this.#talks.values()) talk.close();
    this.#talks.clear();
    await this.#store?.forgetAll().catch(() => {});
    this.#store?.close();
  }

  /** The conversation, from now on live; asked for twice it is the same. */
  open(client: string): Talk {
    const held = this.#talks.get(client);
    if (held) return held;
    const talk = new Talk({
      client,
      me: this.#me,
      world: this.#world,
      store: lazyStore(() => this.#opened(), this.#me),
      rest: this.rest,
      publish: (topic, payload, qos) => this.#link.publish(topic, payload, qos),
      onChange: (changed) => this.#onTalkChange(changed),
    });
    this.#talks.set(client, talk);
    talk.happen({ type: "names", names: this.names.peek() });
    void talk.recall().then(() => {
      if (this.#live) talk.happen({ type: "online" });
    });
    return talk;
  }

  close(client: string): void {
    const talk = this.#talks.get(client);
    // What it still has to send keeps it.
    if (!talk || talk.state.outbox.items.length > 0) return talk?.setVisible(false);
    talk.close();
    this.#talks.delete(client);
  }

  /** Orders a command; its id, for `commandState`. */
  command(client: string, body: CommandBody): string {
    const id = this.open(client).order(body);
    // Sent at once, it may already have been answered.
    this.#stateOf(id);
    return id;
  }

  commandState(id: string): ReadonlySignal<CommandState> {
    return this.#stateOf(id);
  }

  /** Connects at once where it would wait. */
  tryNow(): void {
    this.#link.tryNow();
  }

  setPresence(state: "online" | "away"): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#link.greet();
  }

  /** Tells the colleagues which conversation is on this screen. */
  setViewing(client: string | null): void {
    if (client === this.#viewing) return;
    this.#viewing = client;
    this.#link.greet();
  }

  reading(client: string): ReadonlySignal<LiveReading | null> {
    return this.#readingOf(client);
  }

  /** More rows of one list than a connect takes, or those that hold certain words. */
  async find(query: Readonly<Record<string, string>>): Promise<string | null> {
    const { summaries, names, cursor } = await readInbox(this.rest, query);
    this.#inbox({ type: "snapshot", summaries, names });
    return cursor;
  }

  /** The next page of what is put away, if there is one. */
  async more(status: "snoozed" | "resolved"): Promise<void> {
    const cursor = this.#cursors.get(status);
    if (!cursor) return;
    this.#cursors.delete(status); // asked once, however often the end is seen
    const next = await this.find({ limit: String(ROWS), status, cursor }).catch(() => cursor);
    if (next) this.#cursors.set(status, next);
  }

  #presence(presence: AgentPresence): { topic: string; payload: string } {
    return { topic: topics.deskPresence(this.#me), payload: encode(presence) };
  }

  async #opened(): Promise<Store> {
    this.#store ??= await openStore(this.#me);
    return this.#store;
  }

  #stateOf(id: string): Signal<CommandState> {
    const held = this.#commands.get(id) ?? signal<CommandState>("sending");
    this.#commands.set(id, held);
    return held;
  }

  #readingOf(client: string): Signal<LiveReading | null> {
    const held = this.#readings.get(client) ?? signal<LiveReading | null>(null);
    this.#readings.set(client, held);
    return held;
  }

  #onLive(): void {
    this.#live = true;
    this.#connections++;
    this.notices.connected();
    for (const talk of this.#talks.values()) talk.happen({ type: "online" });
    void this.#takeInbox(this.#connections);
  }

  #onGone(closed: boolean): void {
    this.#live = false;
    this.#present = {};
    this.#rollCall.reset();
    this.#inbox({ type: "offline" });
    for (const talk of this.#talks.values()) talk.happen({ type: "offline", closed });
  }

  /** The snapshot, taken after the subscription and merged by rev. */
  async #takeInbox(connection: number): Promise<void> {
    const stale = (): boolean => connection !== this.#connections || !this.#live;
    const lists: readonly [status: string, pages: number][] = [
      ["", PAGES],
      ["snoozed", 1],
      ["resolved", 1],
    ];
    try {
      for (const [status, pages] of lists) {
        let cursor: string | null = "";
        for (let page = 0; page < pages && cursor !== null; page++) {
          cursor = await this.find({
            limit: String(ROWS),
            ...(status ? { status } : {}),
            ...(cursor ? { cursor } : {}),
          });
          if (stale()) return;
        }
        if (cursor) this.#cursors.set(status, cursor);
      }
      const outages = await this.api.outages();
      if (!stale()) this.notices.take(outages);
    } catch {
      this.#world.timers.after(INBOX_AGAIN_MS * (1 + this.#world.chance()), () => {
        if (!stale()) void this.#takeInbox(connection);
      });
    }
  }

  #inbox(event: InboxEvent): void {
    const after = reduceInbox(this.inbox.peek(), event);
    if (after === this.inbox.peek()) return;
    this.inbox.value = after;
    if (event.type === "snapshot") {
      this.#learnNames(event.names);
      for (const summary of event.summaries) this.#tickCommands(summary);
    }
    this.#cancelInboxTick();
    const at = inboxWakesMs(after);
    if (at === null) return;
    const tick = (): void => this.#inbox({ type: "tick", nowMs: this.#world.steady() });
    this.#cancelInboxTick = this.#world.timers.after(Math.max(0, at - this.#world.steady()), tick);
  }

  #learnNames(names: Readonly<Record<string, string>>): void {
    const before = this.names.peek();
    if (Object.entries(names).every(([id, name]) => before[id] === name)) return;
    this.names.value = { ...before, ...names };
    this.#inbox({ type: "names", names });
    for (const talk of this.#talks.values()) talk.happen({ type: "names", names });
  }

  /** A Summary whose `did` names a command is its tick. */
  #tickCommands(summary: Summary): void {
    const ids = summary.did
      .filter((did) => did.startsWith(`${this.#me}/`))
      .map((did) => did.slice(this.#me.length + 1));
    if (ids.length === 0) return;
    for (const id of ids) this.#stateOf(id).value = "done";
    this.#talks.get(summary.client)?.happen({ type: "done", ids });
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
      if (address.area !== undefined) this.notices.hear(address.area, payload);
      return;
    }
    if (retained) return; // of a chat nothing is retained
    const sender = topics.senderOf(address);
    const talk = address.client === undefined ? undefined : this.#talks.get(address.client);
    switch (address.kind) {
      case "log": {
        const entry = decode(asEntry, payload);
        if (!entry || !address.client) return;
        this.#inbox({ type: "entry", client: address.client, sender: entry.from });
        if (talk) talk.happen({ type: "entry", entry });
        else if (entry.from === address.client) this.#deliverSoon(address.client, entry.seq);
        return;
      }
      case "typing": {
        const typing = decode(asTyping, payload);
        if (!typing || !address.client || !sender || sender === this.#me) return;
        this.#inbox({ type: "typing", client: address.client, sender, on: typing.on, nowMs: this.#world.steady() });
        talk?.happen({ type: "typing", sender, on: typing.on });
        return;
      }
      case "read": {
        const marker = decode(asMarker, payload);
        if (marker && sender) talk?.happen({ type: "marker", reader: sender, marker });
        return;
      }
      case "reading": {
        const reading = decode(asLiveReading, payload);
        if (reading && address.client) this.#readingOf(address.client).value = reading;
        return;
      }
      case "desk_inbox": {
        const summary = decode(asSummary, payload);
        if (!summary) return;
        this.#inbox({ type: "summary", summary });
        this.#tickCommands(summary);
        return;
      }
      case "desk_presence": {
        const presence = decode(asAgentPresence, payload);
        if (presence && sender && sender !== this.#me) this.#onPresence(sender, presence);
        return;
      }
      case "desk_refused": {
        const refusal = decode(asRefusal, payload);
        if (!refusal) return;
        this.notices.refused(refusal);
        this.#onRefusal(refusal);
        return;
      }
      default:
        return;
    }
  }

  /** A client's words are here, in the list, although nobody has opened them: delivered, not read. */
  #deliverSoon(client: string, seq: number): void {
    if (this.#delivered.size === 0) this.#world.timers.after(DELIVER_AFTER_MS, () => this.#deliver());
    this.#delivered.set(client, Math.max(seq, this.#delivered.get(client) ?? 0));
  }

  #deliver(): void {
    for (const [client, seq] of this.#delivered)
      this.#link.publish(topics.marker(client, this.#me), encode({ delivered: seq, read: 0 }), 1);
    this.#delivered.clear();
  }

  #onRefusal(refusal: Refusal): void {
    for (const talk of this.#talks.values())
      if (talk.state.outbox.items.some((item) => item.id === refusal.id)) talk.happen({ type: "refusal", refusal });
  }

  #onNotice(notice: DeskNotice, retained: boolean): void {
    this.desk.value = notice;
    this.#learnNames(Object.fromEntries(notice.agents.map(({ id, name }) => [id, name])));
    if (this.#rollCall.hear(notice.roll, retained)) {
      for (const talk of this.#talks.values()) talk.happen({ type: "rolled" });
      this.#present = roll(this.#present);
      this.#world.timers.after(ROLL_ENDS_MS, () => {
        this.#present = endRoll(this.#present);
        this.#showAgents();
      });
    }
    this.#showAgents();
  }

  #onPresence(agent: string, presence: AgentPresence): void {
    const known = this.#present[agent]?.[presence.conn] !== undefined;
    this.#present = hearPresence(this.#present, agent, presence);
    this.#showAgents();
    if (known || presence.state === "offline" || this.#cancelNewcomer) return;
    // A newcomer has not heard what is on this screen: it is told once.
    this.#cancelNewcomer = this.#world.timers.after(this.#world.chance() * NEWCOMER_WITHIN_MS, () => {
      this.#cancelNewcomer = null;
      this.#link.greet();
    });
  }

  #showAgents(): void {
    const listed = this.desk.peek()?.agents.map(({ id }) => id) ?? [];
    const ids = new Set([...listed, ...Object.keys(this.#present)]);
    ids.delete(this.#me);
    this.agents.value = Object.fromEntries(
      [...ids].map((id) => {
        const seen = somebody(this.#present, id);
        // Whose presence was not heard yet is there because the desk says so.
        return [id, this.#present[id] ? seen : { state: "online" as const, viewing: [] }];
      }),
    );
  }

  #onTalkChange(talk: Talk): void {
    for (const { id, command, failed } of talk.state.outbox.items) {
      if (!command || !failed) continue;
      this.#stateOf(id).value = { refusal: failed };
      queueMicrotask(() => talk.discard(id));
    }
    const clients = [...this.#talks.values()]
      .filter((each) => each.state.outbox.items.length > 0)
      .map((each) => each.client);
    if (clients.join() !== this.inbox.peek().pending.join()) this.#inbox({ type: "pending", clients });
  }

  async #takeList(): Promise<void> {
    const store = await this.#opened();
    const list = await store.list().catch(() => []);
    for (const { client } of list) this.open(client);
    for (const talk of this.#talks.values()) talk.takeList(list);
  }
}
