/** The board's own state: what the screen shows. Conversations belong to the desk (link and core). */

import { batch, computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { type InboxFilter, questionOf, type Summary } from "../core/inbox.ts";
import type { AgentRow, Facet } from "../link/desk-api.ts";
import type { Desk } from "../link/desk-link.ts";
import type { LiveConversation } from "../link/live-conversation.ts";
import type { CommandBody } from "../protocol/payloads.ts";
import { type BoardTexts, boardMessages, type Lang, type Texts, textsFor } from "../ui/messages.ts";
import type { PageTexts } from "../ui/page-messages.ts";
import { Actions } from "./actions.ts";
import { Alerts, type BrowserAlerts } from "./alerts.ts";
import { ClientState } from "./client-state.ts";
import type { BoardConfig } from "./config.ts";
import { Drafts, type NoteDrafts } from "./drafts.ts";
import { focusNext } from "./focus.ts";
import type { Order } from "./list-choice.ts";
import { Replies } from "./replies.ts";
import { type Page, parseRoute, type Route, routeHash } from "./route.ts";
import { SavedViews } from "./saved-views.ts";
import { Searching } from "./searching.ts";
import { Selection } from "./selection.ts";
import { SettingsState } from "./settings-state.ts";
import { ShownList } from "./shown-list.ts";
import { clientName, lastWords } from "./summary-text.ts";
import { Usage } from "./usage.ts";

/** What the board needs from the page and the browser. */
export interface Outside extends NoteDrafts {
  now(): number;
  /** Whether the screen shows one pane at a time. */
  isOnePane(): boolean;
  signOut(everywhere: boolean): void;
  /** Reload the page in a language. */
  speak(lang: Lang): void;
  readonly browser: BrowserAlerts;
}

/** What every view of the board gets. */
export interface ViewProps {
  readonly board: Board;
  readonly t: BoardTexts;
  readonly words: Texts;
}
export type ClientViewProps = ViewProps & { readonly client: string };

/** What every page beside the conversations gets. */
export interface PageProps {
  readonly board: Board;
  readonly t: PageTexts;
  readonly words: Texts;
}

export type OpenDialog =
  | "help"
  | "palette"
  | "canned"
  | "mention"
  | "erase"
  | "delete"
  | "start"
  /** Answers all who are checked. */
  | "bulk-reply"
  | "tag"
  /** Tags the open conversation, whatever is checked. */
  | "tag-open"
  | "snooze"
  | "views"
  | "attribute"
  | "face"
  | "notices"
  | null;
export type OpenMenu =
  | "agent"
  | "assign"
  | "snooze"
  | "actions"
  | "emoji"
  | "send"
  | "views"
  | "order"
  | "facet"
  | "bulk-assign"
  | "bulk-snooze"
  | "csv"
  | `row-${string}`
  | null;

/** A message that the composer edits. */
export interface Editing {
  readonly client: string;
  readonly seq: number;
  readonly before: string;
  readonly text: string;
}

const ASSIGNING: readonly OpenMenu[] = ["assign", "actions", "facet", "bulk-assign"];
/** Dialogs that list the agents. */
const TEAM_IN: readonly OpenDialog[] = ["palette", "mention"];
/** Dialogs that list the saved views. */
const VIEWS_IN: readonly OpenDialog[] = ["palette", "views"];
const KEYS_KEY = "wl-keys";

/** So many clients' names are held at most: more than any screen shows. */
const NAMES = 1_000;

/** Everything the views need in one object: signals to draw, methods to call. */
export class Board {
  readonly filter: Signal<InboxFilter> = signal("mine");
  readonly order: Signal<Order> = signal("waiting");
  readonly facets: Signal<readonly Facet[]> = signal([]);
  readonly views: SavedViews;
  readonly usage: Usage;
  readonly searching: Searching;
  readonly query: Signal<string>;
  readonly settings: SettingsState;
  readonly clients: ClientState;
  readonly alerts: Alerts;
  readonly route: Signal<Route> = signal({ client: null, pane: "list" });
  /** The client whose row j and k move from. */
  readonly cursor: Signal<string | null> = signal(null);
  readonly menu: Signal<OpenMenu> = signal(null);
  readonly dialog: Signal<OpenDialog> = signal(null);
  readonly now: Signal<number>;
  readonly away = signal(false);
  /** All agents who may answer, also those who are offline. Empty until the first menu that lists them. */
  readonly team: Signal<readonly AgentRow[]> = signal([]);
  /** Whether keys of one letter do nothing. */
  readonly keysOff: Signal<boolean>;
  readonly actions: Actions;
  readonly replies: Replies;
  readonly selection = new Selection();
  /** The seq of the message under the pointer. */
  readonly pointed: Signal<number | null> = signal(null);
  readonly editing: Signal<Editing | null> = signal(null);
  /** The agent whose photo the dialog changes. */
  readonly faceOf: Signal<string>;
  /** The message of one's own that the dialog asks about. */
  readonly deleting: Signal<{ readonly client: string; readonly seq: number } | null> = signal(null);
  readonly drafts: Drafts;
  readonly list: ShownList;
  /** Set from the address only; conversations opened earlier stay connected. */
  readonly conversation: Signal<LiveConversation | null> = signal(null);
  /** The client whose conversation is painted; what stands beside it is asked for after that. */
  readonly drawn: Signal<string | null> = signal(null);
  readonly summary: ReadonlySignal<Summary | null>;
  /** Whether the server says that the client in the address does not exist, and nothing is known of a conversation. */
  readonly isMissing: ReadonlySignal<boolean>;
  /** By client; computed, so that what shows a name is drawn again only for another name. */
  readonly #names = new Map<string, ReadonlySignal<string | null | undefined>>();
  readonly #stops: readonly (() => void)[];

  constructor(
    readonly desk: Desk,
    readonly config: BoardConfig,
    readonly outside: Outside,
  ) {
    const me = config.me.id;
    this.now = signal(outside.now());
    this.faceOf = signal(me);
    this.keysOff = signal(outside.browser.read(KEYS_KEY) === "off");
    this.searching = new Searching({
      search: (q, cursor) => desk.api.search(q, cursor),
      find: (q) => desk.rows.find({ q }),
    });
    this.query = this.searching.query;
    this.settings = new SettingsState(desk.api, outside);
    this.clients = new ClientState(desk.api);
    this.actions = new Actions(desk, config.lang);
    this.replies = new Replies(desk);
    this.drafts = new Drafts(desk, this.actions, outside);
    this.list = new ShownList(desk, me, this);
    this.isMissing = computed(() => {
      const conversation = this.conversation.value;
      if (!conversation?.view.value.empty || desk.inbox.value.summaries[conversation.client]) return false;
      const load = this.clients.facts.of(conversation.client);
      return load.state === "failed" && load.fault.why === "not_found";
    });
    this.views = new SavedViews(desk.api);
    this.usage = new Usage(desk.api, outside.now);
    this.summary = computed(() => {
      const { client } = this.route.value;
      return client === null ? null : this.actions.summaryOf(client);
    });
    const nameOf = (summary: Summary): string => this.clientName(summary.client, summary.name);
    const t = boardMessages[config.lang];
    this.alerts = new Alerts(outside.browser, {
      me,
      summaries: () => this.list.summaries.value,
      known: () => desk.inbox.value.known,
      nameOf,
      wordsOf: (summary) => lastWords(summary, this, textsFor(config.lang), nameOf(summary)),
      handedOver: t.handedOver,
      mentionsYou: t.mentionsYou,
      isLive: (summary) => desk.inbox.peek().heard === summary,
      open: (client) => this.open(client),
    });
    const isLive = computed(() => desk.connection.value.state === "live");
    const isTeamListed = computed(
      () =>
        ASSIGNING.includes(this.menu.value) ||
        TEAM_IN.includes(this.dialog.value) ||
        (isLive.value && (this.#namesUnknown() || this.route.value.page === "reports")) ||
        (isLive.value && this.facets.value.some((facet) => facet.startsWith("of:"))),
    );
    this.#stops = [
      this.searching.stop,
      this.alerts.stop,
      this.#emptyErased(),
      this.#leaveForeign(),
      ...this.clients.follow(desk, this.route, this.drawn),
      effect(() => {
        if (isTeamListed.value) untracked(() => this.#lookAtTeam());
      }),
      effect(() => {
        const isListed = VIEWS_IN.includes(this.dialog.value) || this.menu.value === "views";
        if (isListed) untracked(() => this.views.load());
      }),
      effect(() => {
        if (isLive.value) untracked(() => this.views.want()); // the shown list may be one of them
      }),
      effect(() => {
        if (isLive.value && this.now.value) this.usage.refresh();
      }),
    ];
  }

  #lookAtTeam(): void {
    const taken = (agents: readonly AgentRow[]): void => {
      this.team.value = agents.filter(({ disabled }) => !disabled);
    };
    this.desk.api.agents().then(taken, () => {}); // who is online can be chosen still
  }

  stop(): void {
    this.usage.stop();
    for (const stop of this.#stops) stop();
  }

  // ---- navigation ----

  readonly followAddress = (hash: string): void => {
    const route = parseRoute(hash);
    const before = this.route.peek().client;
    batch(() => {
      this.route.value = route;
      this.desk.setShown(route.client);
      this.conversation.value = route.client === null ? null : this.desk.open(route.client);
      if (route.client !== null) this.cursor.value = route.client;
      if (route.client !== before) this.drawn.value = null;
    });
    this.menu.value = null;
  };

  go(route: Route): void {
    const hash = routeHash(route);
    if (location.hash !== hash) history.pushState(null, "", hash);
    this.followAddress(hash);
  }

  open(client: string, seq?: number): void {
    this.go({ client, pane: "conversation", ...(seq === undefined ? {} : { seq }) });
  }

  showPage(page: Page): void {
    this.go({ client: null, pane: "list", page });
  }

  /** Go one step back: context → conversation → list. */
  back(): void {
    const { client, pane } = this.route.value;
    if (pane === "context") this.go({ client, pane: "conversation" });
    else if (pane === "conversation") this.go({ client: null, pane: "list" });
  }

  show(filter: InboxFilter, facets: readonly Facet[] = [], order = this.order.peek()): void {
    batch(() => {
      this.filter.value = filter;
      this.facets.value = facets;
      this.order.value = order;
      this.query.value = "";
      this.cursor.value = this.route.value.client;
    });
  }

  /** Return a client's name, or what kind of client it is. Args: name: as the caller knows it; else the inbox's. */
  clientName(client: string, name = this.#nameOf(client)): string {
    return clientName(this.config.lang, client, name);
  }

  /** Return whether an earlier conversation was answered by somebody whom no message has named yet. */
  #namesUnknown(): boolean {
    const { value } = this.drawn;
    if (value === null) return false;
    const load = this.clients.earlier.of(value);
    const mentions =
      this.team.value.length === 0 && this.clients.notes.valueOf(value)?.some(({ text }) => text.includes("@"));
    return (
      mentions ||
      (load.state === "loaded" && load.value.episodes.some(({ by }) => by !== null && this.nameOf(by) === by))
    );
  }

  #nameOf(client: string): string | null | undefined {
    const known = this.#names.get(client);
    if (known) return known.value;
    const name = computed(() => this.desk.inbox.value.summaries[client]?.name ?? this.#factsName(client));
    if (this.#names.size >= NAMES) this.#names.clear(); // what is shown asks again
    this.#names.set(client, name);
    return name.value;
  }

  /** Return the name of a client who has not written yet. */
  #factsName(client: string): string | null | undefined {
    return this.clients.facts.valueOf(client)?.name;
  }

  /** Return the names of all agents that are known. */
  agentNames(): readonly string[] {
    const { config, desk, team } = this;
    return [config.me.name, ...Object.values(desk.names.value), ...team.value.map(({ name }) => name)];
  }

  /** Return an agent's or bot's name, or its id if the name is unknown. */
  nameOf(id: string): string {
    if (id === this.config.me.id) return this.config.me.name;
    return this.desk.names.value[id] ?? this.team.value.find((agent) => agent.id === id)?.name ?? id;
  }

  moveCursor(by: 1 | -1): void {
    const rows = this.list.rows.value;
    if (rows.length === 0) return;
    const at = rows.findIndex((row) => row.client === this.cursor.value);
    const next = at === -1 ? (by === 1 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by));
    this.cursor.value = rows[next]?.client ?? null;
  }

  /** Clear the drafts of a conversation that is erased while it is open, and what is done to its messages. */
  #emptyErased(): () => void {
    const seen = new WeakMap<LiveConversation, number>();
    return effect(() => {
      const conversation = this.conversation.value;
      const erasures = conversation?.erasures?.value ?? 0;
      if (!conversation || (seen.get(conversation) ?? 0) === erasures) return;
      seen.set(conversation, erasures);
      untracked(() => {
        for (const mode of ["reply", "note"] as const) this.drafts.set(conversation.client, mode, "");
        // In the new log the same number is another message.
        if (this.editing.peek()?.client === conversation.client) this.editing.value = null;
        if (this.deleting.peek()?.client !== conversation.client) return;
        this.deleting.value = null;
        if (this.dialog.peek() === "delete") this.dialog.value = null;
      });
    });
  }

  /** Leave the conversation on screen when it becomes another team's; the toast says so. */
  #leaveForeign(): () => void {
    return effect(() => {
      const left = this.desk.left.value;
      if (left && left.client === this.route.peek().client) untracked(() => this.go({ client: null, pane: "list" }));
    });
  }

  /** Let the photo of an agent be changed. */
  openFace(agent: string): void {
    this.faceOf.value = agent;
    this.dialog.value = "face";
  }

  openCanned(): void {
    if (this.route.peek().client === null || this.isMissing.peek()) return;
    this.settings.want();
    this.dialog.value = "canned";
  }

  // ---- commands ----

  command(client: string, body: CommandBody): void {
    this.actions.command(client, body);
  }

  /** Return the checked conversations; else the open one, if its client exists. */
  targets(): readonly string[] {
    const { client } = this.route.value;
    const checked = [...(this.selection.clients.value ?? [])];
    return checked.length > 0 || client === null || this.isMissing.value ? checked : [client];
  }

  resolve(clients: readonly string[]): void {
    this.#leaving(clients, () => this.actions.resolve(clients));
  }

  snooze(clients: readonly string[], until: number): void {
    this.#leaving(clients, () => this.actions.snooze(clients, until));
  }

  assign(clients: readonly string[], to: string | null): void {
    this.actions.assign(clients, to);
    this.endSelection();
  }

  /** Move conversations to a team. They leave the list unless the team is the agent's. */
  move(clients: readonly string[], team: string): void {
    const act = (): void => clients.forEach((client) => this.command(client, { do: "move", team }));
    if (!this.desk.teams.mine?.includes(team)) return this.#leaving(clients, act);
    act();
    this.endSelection();
  }

  tag(clients: readonly string[], tag: string): void {
    this.actions.tag(clients, tag);
    this.endSelection();
  }

  toggleResolved(client: string): void {
    if (this.actions.summaryOf(client)?.status !== "resolved") return this.resolve([client]);
    this.command(client, { do: "reopen" });
    focusNext();
  }

  /** Take the check boxes away, and with them the bar that may have the focus. */
  endSelection(): void {
    if (this.selection.clients.peek() === null) return;
    this.selection.end();
    focusNext();
  }

  /** Act on conversations that leave the list. If the open one is among them, the next one opens. */
  #leaving(clients: readonly string[], act: () => void): void {
    const { client } = this.route.value;
    const rows = this.list.rows.value;
    const at = rows.findIndex((row) => row.client === client);
    const stays = (row: Summary): boolean => !clients.includes(row.client);
    const next = rows.slice(at + 1).find(stays) ?? rows.slice(0, Math.max(0, at)).findLast(stays);
    act();
    this.selection.end();
    focusNext();
    if (client === null || !clients.includes(client)) return;
    if (next && !this.outside.isOnePane()) this.open(next.client);
    else this.go({ client: null, pane: "list" });
  }

  turnKeys(on: boolean): void {
    this.keysOff.value = !on;
    this.outside.browser.write(KEYS_KEY, on ? "" : "off");
  }

  /** Leave the conversation unread from the client's last message on, and close it: opened again it is read. */
  markUnread(client: string): void {
    const summary = this.desk.inbox.peek().summaries[client];
    const question = summary && questionOf(summary);
    if (!question) return;
    this.command(client, { do: "unread", of: question.seq });
    this.go({ client: null, pane: "list" });
  }

  setAway(away: boolean): void {
    this.away.value = away;
    this.desk.setPresence(away ? "away" : "online");
  }
}
