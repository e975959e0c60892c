/** The desk's link: the open conversations over one connection, the inbox, colleagues, commands, notices. */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Happened } from "../core/conversation.ts";
import { type InboxState, mentionOf } from "../core/inbox.ts";
import {
  type AgentPresence,
  asGone,
  asRefusal,
  asRow,
  asSummary,
  asTeamPresence,
  type DeskNotice,
  decode,
  encode,
  type LiveReading,
  type Summary,
} from "../protocol/payloads.ts";
import * as topics from "../protocol/topics.ts";
import type { ConnectionState } from "./connection-state.ts";
import { type Hearer, hearMessage } from "./conversation-messages.ts";
import { type Api, createApi } from "./desk-api.ts";
import { type ColleagueState, Colleagues } from "./desk-colleagues.ts";
import { DeskCommands } from "./desk-commands.ts";
import { DeskConversations } from "./desk-conversations.ts";
import { DeskDelivery } from "./desk-delivery.ts";
import { DeskInbox } from "./desk-inbox.ts";
import { DeskNotices } from "./desk-notices.ts";
import { DeskTeams, ONE_TEAM, type Teams } from "./desk-teams.ts";
import { DeskWatch } from "./desk-watch.ts";
import { forgetDrafts } from "./drafts.ts";
import { pageEnvironment } from "./environment.ts";
import { type Environment, Link } from "./link.ts";
import { LiveConversation } from "./live-conversation.ts";
import { PresencePoll } from "./presence-poll.ts";
import { Rest } from "./rest.ts";
import { agentSession } from "./session.ts";
import { lazyStore, openStore, type Store } from "./store.ts";
import { workerTimers } from "./timers.ts";

export interface Left extends Pick<Summary, "client" | "name"> {
  /** What was written and maybe not sent, also in conversations that left before. */
  readonly unsent: readonly string[];
}

export interface DeskOptions {
  readonly apiBase: string;
  readonly me: string;
  readonly name: string;
  readonly csrf: string;
  readonly teams?: Teams;
  /** For tests. */
  readonly environment?: Environment;
}

declare const __TIMERS__: string | undefined;

/** The broker notices a closed laptop after 1.5 times this, so within 30 s. */
const KEEP_ALIVE_S = 18;
const INBOX_AGAIN_MS = 2_000;
/** Rows on screen for this long are heard: not those that scroll by. */
const SHOW_AFTER_MS = 300;

/** As the bridge says it. */
const OTHER_TEAM = { why: "other_team", text: "This conversation belongs to another team. Ask for it to be moved." };

/** Return whether a row came for what is known of its client: told again for nothing in it, or described anew. */
const tellsFacts = (before: Summary, row: Summary): boolean =>
  before.rev === row.rev
    ? row.did.length === 0
    : before.name !== row.name || before.area !== row.area || before.lang !== row.lang;

const deskEnvironment = (): Environment =>
  typeof __TIMERS__ === "string" && typeof Worker !== "undefined"
    ? pageEnvironment(workerTimers(new URL(__TIMERS__, import.meta.url).href))
    : pageEnvironment();

export class Desk {
  readonly connection: ReadonlySignal<ConnectionState>;
  readonly inbox: Signal<InboxState>;
  readonly names: Signal<Readonly<Record<string, string>>>;
  readonly desk: Signal<DeskNotice | null> = signal(null);
  readonly agents: Signal<Readonly<Record<string, ColleagueState>>>;
  readonly rest: Rest;
  readonly api: Api;
  readonly notices: DeskNotices;
  readonly #me: string;
  readonly #environment: Environment;
  readonly #link: Link;
  readonly #presencePoll: PresencePoll;
  readonly rows: DeskInbox;
  readonly #colleagues: Colleagues;
  readonly teams: DeskTeams;
  /** Whose conversation became another team's while it was on screen or had something unsent. */
  readonly left: Signal<Left | null> = signal(null);
  /** Whose row came last because other facts changed, such as attributes: REST has them. */
  readonly described: Signal<Pick<Summary, "client"> | null> = signal(null);
  readonly #watch: DeskWatch;
  #cancelShow = (): void => {};
  readonly #conversations: DeskConversations;
  readonly commands: DeskCommands;
  readonly #readings = new Map<string, Signal<LiveReading | null>>();
  #store: Store | null = null;
  #live = false;
  #connections = 0;
  #state: "online" | "away" = "online";
  #viewing: string | null = null;
  readonly #delivery: DeskDelivery;

  constructor({ apiBase, me, name, csrf, teams = ONE_TEAM, environment = deskEnvironment() }: DeskOptions) {
    this.#me = me;
    this.#environment = environment;
    this.names = signal({ [me]: name });
    const session = agentSession(apiBase, () => csrf, environment.steady);
    this.rest = new Rest(apiBase, () => session.bearer());
    this.api = createApi(this.rest);
    this.teams = new DeskTeams(
      teams,
      environment,
      () => this.api.teams(),
      () => void this.#onTeams(),
    );
    this.#watch = new DeskWatch(this.teams);
    this.#conversations = new DeskConversations({
      watch: this.#watch,
      create: (client) => this.#create(client),
      isLive: () => this.#live,
      follow: () => this.#link.follow(),
    });
    this.commands = new DeskCommands(me, environment, this.#conversations);
    this.#delivery = new DeskDelivery(me, environment, this.teams, (client, seq) =>
      this.#link.publish(topics.marker(client, me), encode({ delivered: seq, read: 0 }), 1),
    );
    this.rows = new DeskInbox({
      environment,
      rest: this.rest,
      areTeamsSeveral: () => this.teams.areSeveral,
      isOpen: (client) => this.#watch.has(client),
      onPage: (summaries, names) => this.#onPage(summaries, names),
    });
    this.inbox = this.rows.state;
    this.rows.happen({ type: "names", names: this.names.peek() });
    this.#colleagues = new Colleagues(me);
    this.agents = this.#colleagues.agents;
    const hearer: Hearer = {
      onNotice: (notice, retained) => this.#onNotice(notice, retained),
      onOutage: (area, payload) => this.notices.hear(area, payload),
      onReading: (client, reading) => {
        this.reading(client).value = reading;
      },
      onConversation: (client, happened) => this.#onConversation(client, happened),
      onDesk: (address, payload) => this.#onDesk(address, payload),
    };
    this.#link = new Link({
      session,
      environment,
      keepAliveS: KEEP_ALIVE_S,
      wanted: (agent) => this.#watch.filters(agent),
      hello: (_me, conn) => ({
        live: () => this.#presence({ state: this.#state, conn, viewing: this.#viewing }),
        gone: this.#presence({ state: "offline", conn, viewing: null }),
      }),
      onLive: () => this.#onLive(),
      onGone: (closed) => this.#onGone(closed),
      onMessage: (message) => hearMessage(message, hearer),
      onDenied: () => this.teams.denied(),
    });
    this.connection = this.#link.connection;
    this.notices = new DeskNotices(me, environment, (topic, payload, qos) => this.#link.publish(topic, payload, qos));
    this.#presencePoll = new PresencePoll(environment, () => this.#link.greet());
  }

  /** Connect, and take up the outbox of an earlier visit. */
  async start(): Promise<void> {
    const store = await this.#opened();
    store.onChange(() => void this.#takeList());
    await this.#takeList();
    this.#link.start();
  }

  /** Sign out: drop cache and drafts; the outbox stays for the next visit. */
  async stop(): Promise<void> {
    this.#link.stop();
    this.#conversations.end();
    forgetDrafts(this.#me);
    await this.#store?.forgetAll().catch(() => {});
    this.#store?.close();
  }

  /** Open a conversation and hear it; the same object for the same client. */
  open(client: string): LiveConversation {
    return this.#conversations.open(client);
  }

  /** Tell which conversation the screen shows, also while the page is hidden: it stays open. */
  setShown(client: string | null): void {
    this.#watch.setShown(client);
  }

  /** Tell which rows are on screen: their typing is heard. */
  show(clients: readonly string[]): void {
    this.#cancelShow();
    this.#cancelShow = this.#environment.timers.after(SHOW_AFTER_MS, () => {
      if (this.#watch.show(clients)) void this.#link.follow();
    });
  }

  #create(client: string): LiveConversation {
    const conversation = new LiveConversation({
      client,
      me: this.#me,
      environment: this.#environment,
      store: lazyStore(() => this.#opened(), this.#me),
      rest: this.rest,
      publish: (topic, payload, qos) => this.#link.publish(topic, payload, qos),
      onForeign: () => this.#leave(client, (this.inbox.peek().summaries[client]?.rev ?? 0) + 1),
      onChange: (changed) => this.#onConversationChange(changed),
    });
    conversation.happen({ type: "names", names: this.names.peek() });
    return conversation;
  }

  tryNow(): void {
    this.#link.tryNow();
  }

  setPresence(state: "online" | "away"): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#link.greet();
  }

  /** Tell colleagues which conversation is on screen. */
  setViewing(client: string | null): void {
    if (client === this.#viewing) return;
    this.#viewing = client;
    this.#link.greet();
    const row = client === null ? null : this.inbox.peek().summaries[client];
    if (row && (row.unread > 0 || mentionOf(row, this.#me))) this.commands.send(row.client, { do: "read" });
  }

  #presence(presence: AgentPresence): { topic: string; payload: string } {
    return { topic: topics.deskPresence(this.#me), payload: encode(presence) };
  }

  async #opened(): Promise<Store> {
    this.#store ??= await openStore(this.#me);
    return this.#store;
  }

  reading(client: string): Signal<LiveReading | null> {
    const held = this.#readings.get(client) ?? signal<LiveReading | null>(null);
    this.#readings.set(client, held);
    return held;
  }

  #onLive(): void {
    this.#live = true;
    this.#connections++;
    this.notices.connected();
    for (const conversation of this.#conversations.all) conversation.happen({ type: "online" });
    void this.#takeInbox(this.#connections);
  }

  #onGone(closed: boolean): void {
    this.#live = false;
    this.#colleagues.reset();
    this.#presencePoll.reset();
    this.rows.happen({ type: "offline" });
    this.notices.gone(closed);
    for (const conversation of this.#conversations.all) conversation.happen({ type: "offline", closed });
  }

  /** The agent's teams changed: hear their rows, then take them; ask again for what is open. */
  async #onTeams(): Promise<void> {
    if (!(await this.#link.follow())) return;
    this.#colleagues.reset();
    this.#link.greet(); // so the bridge tells who is there
    this.#conversations.askAgain();
    await this.#takeInbox(this.#connections);
  }

  async #takeInbox(connection: number): Promise<void> {
    const stale = (): boolean => connection !== this.#connections || !this.#live;
    try {
      await this.rows.take(stale);
      if (stale()) return;
      const outages = await this.api.outages();
      if (!stale()) this.notices.take(outages);
    } catch {
      this.#environment.timers.after(INBOX_AGAIN_MS * (1 + this.#environment.chance()), () => {
        if (!stale()) void this.#takeInbox(connection);
      });
    }
  }

  #onPage(summaries: readonly Summary[], names: Readonly<Record<string, string>>): void {
    this.#learnNames(names);
    for (const summary of summaries) this.commands.tick(summary);
  }

  #learnNames(names: Readonly<Record<string, string>>): void {
    const before = this.names.peek();
    if (Object.entries(names).every(([id, name]) => before[id] === name)) return;
    this.names.value = { ...before, ...names };
    this.rows.happen({ type: "names", names });
    for (const conversation of this.#conversations.all) conversation.happen({ type: "names", names });
  }

  /** Take the first names, which clients see, until the server tells the whole ones. */
  #askNames(agents: DeskNotice["agents"]): void {
    const learn = (all: typeof agents): void =>
      this.#learnNames(Object.fromEntries(all.map(({ id, name }) => [id, name])));
    learn(agents.filter(({ id }) => !this.names.peek()[id]));
    this.api
      .agents()
      .then(learn)
      .catch(() => {});
  }

  /** Drop a conversation that is another team's from this `rev` on, and what this browser keeps of it. */
  #leave(client: string, rev: number): void {
    const before = this.inbox.peek().summaries[client];
    this.rows.happen({ type: "left", client, rev });
    if (this.inbox.peek().summaries[client]) return; // the new team is the agent's too
    const held = this.#conversations.get(client);
    if (!held) return;
    // Neither a tick nor a refusal of these would be heard here.
    const { items } = held.state.outbox;
    const texts = items.map(({ id, command }) => {
      const said = held.discard(id);
      if (command) this.commands.state(id).value = { refusal: OTHER_TEAM };
      return command?.do === "note" ? command.text : said;
    });
    const unsent = texts.filter((text) => text !== null);
    if (this.#watch.shown === client || items.length > 0) {
      const all = new Set([...(this.left.peek()?.unsent ?? []), ...unsent]);
      this.left.value = { client, name: before?.name ?? null, unsent: [...all] };
    }
    held.end();
    this.#conversations.drop(client);
    void this.#store?.forget(client).catch(() => {});
    void this.#link.follow();
  }

  #onDesk(address: topics.Address, payload: Uint8Array): void {
    const { client, team } = address;
    if (address.kind === "team_inbox" || address.kind === "desk_row") {
      const summary = decode(client ? asRow(client, team) : asSummary, payload);
      const gone = client && !summary ? decode(asGone, payload) : null;
      if (client && gone) {
        this.commands.tick({ client, did: gone.did });
        this.#leave(client, gone.rev);
      }
      if (!summary) return;
      const before = this.inbox.peek().summaries[summary.client];
      const wasMentioned = mentionOf(before ?? summary, this.#me) !== null;
      if (!this.#watch.has(summary.client)) this.#delivery.hear(summary, before, this.desk.peek());
      this.rows.happen({ type: "summary", summary });
      if (before && tellsFacts(before, summary)) this.described.value = { client: summary.client };
      this.commands.tick(summary);
      if (summary.client === this.#viewing && !wasMentioned && mentionOf(summary, this.#me))
        this.commands.send(summary.client, { do: "read" });
    } else if (address.kind === "team_presence") {
      const presence = decode(asTeamPresence, payload);
      if (presence && team) this.#colleagues.hear(team, presence);
    } else if (address.kind === "desk_refused") {
      const refusal = decode(asRefusal, payload);
      if (!refusal) return;
      this.notices.refused(refusal);
      this.#conversations.refuse(refusal);
    }
  }

  #onConversation(client: string, happened: Happened): void {
    const conversation = this.#conversations.get(client);
    if (happened.type === "typing") {
      if (happened.sender === this.#me) return;
      this.rows.happen({ ...happened, client, nowMs: this.#environment.steady() });
    }
    conversation?.happen(happened);
  }

  #onNotice(notice: DeskNotice, retained: boolean): void {
    this.desk.value = notice;
    if (notice.agents.some(({ id }) => !this.names.peek()[id])) this.#askNames(notice.agents);
    if (this.#presencePoll.hear(notice.roll, retained)) {
      if (!retained) this.rows.happen({ type: "rolled" });
      for (const conversation of this.#conversations.all) conversation.happen({ type: "rolled" });
      this.notices.rolled();
    }
    this.teams.hear(notice.teams);
    this.#colleagues.list(notice.agents.map(({ id }) => id));
  }

  #onConversationChange(conversation: LiveConversation): void {
    this.commands.dropRefused(conversation);
    const clients = this.#conversations.pending;
    const { pending } = this.inbox.peek();
    if (clients.join() === pending.join()) return;
    this.rows.happen({ type: "pending", clients });
    // What waited to be sent kept its conversation open.
    if (clients.length < pending.length)
      queueMicrotask(() => this.#conversations.closeSurplus() && void this.#link.follow());
  }

  async #takeList(): Promise<void> {
    const store = await this.#opened();
    const list = await store.list().catch(() => []);
    // What was said is ticked by the log, a command by its row.
    for (const { client, command } of list) {
      if (command) this.#conversations.ordering(client);
      else if (!this.#watch.has(client)) this.open(client);
    }
    for (const conversation of this.#conversations.all) conversation.takeList(list);
  }
}
