/** The board's own state: what is on screen. What is in the conversations is the desk's (link and core). */

import { batch, computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";

import { belongs, countsOf, type InboxFilter, type InboxRow, listOf, rowOf, type Summary } from "../core/inbox.ts";
import type { Desk } from "../link/desk-link.ts";
import type { LiveConversation } from "../link/live-conversation.ts";
import type { Consumption, Note, Period, Quarters, Standard } from "../link/rest.ts";
import type { CommandBody } from "../protocol/payloads.ts";
import { boardMessages, type Lang, textsFor, whyNot } from "../ui/messages.ts";
import { Alerts, type BrowserAlerts } from "./alerts.ts";
import { clientName } from "./client-name.ts";
import { ClientState } from "./client-state.ts";
import type { BoardConfig } from "./config.ts";
import { lastWords } from "./last-words.ts";
import { type Page, parseRoute, type Route, routeHash } from "./route.ts";
import { found, parseQuery } from "./search.ts";
import { Searching } from "./searching.ts";
import { SettingsState } from "./settings-state.ts";

/** What the board asks of the outside beside the desk: snapshots, what is kept in the browser, the page itself. */
export interface Outside {
  notes(client: string): Promise<readonly Note[]>;
  consumption(client: string, period: Period): Promise<Consumption>;
  quarters(client: string, period: Omit<Period, "step">): Promise<Quarters>;
  /** What a standard household would use. */
  standard(client: string, period: Period): Promise<Standard>;
  /** What is typed and not sent, by this name. */
  keep(key: string, text: string): void;
  kept(key: string): string;
  now(): number;
  signOut(everywhere: boolean): void;
  /** The page again, in that language. */
  speak(lang: Lang): void;
  readonly browser: BrowserAlerts;
}

export type OpenDialog = "help" | "palette" | "canned" | "erase" | null;
export type OpenMenu = "agent" | "assign" | "snooze" | "more" | null;
export type Mode = "reply" | "note";

export interface NoteList {
  readonly notes: readonly Note[];
  readonly state: "loading" | "loaded" | "failed";
}

/** So many rows of the list stand over the messages that a search finds. */
const FOUND_ROWS = 20;

const NO_NOTES: NoteList = { notes: [], state: "loading" };

/** Everything the views need, in one object: signals to draw, verbs to call. */
export class Board {
  readonly filter: Signal<InboxFilter> = signal("mine");
  readonly searching: Searching;
  readonly query: Signal<string>;
  readonly settings: SettingsState;
  readonly clients: ClientState;
  readonly alerts: Alerts;
  readonly route: Signal<Route> = signal({ client: null, pane: "list" });
  /** The row that j and k move. */
  readonly cursor: Signal<string | null> = signal(null);
  readonly menu: Signal<OpenMenu> = signal(null);
  /** The one dialog over everything. */
  readonly dialog: Signal<OpenDialog> = signal(null);
  readonly mode: Signal<Readonly<Record<string, Mode>>> = signal({});
  readonly now: Signal<number>;
  readonly away = signal(false);
  /** What was just done and can be undone. */
  readonly toast: Signal<{ readonly client: string; readonly did: "resolve" | "snooze" } | null> = signal(null);
  readonly refusal: Signal<{ readonly client: string; readonly text: string } | null> = signal(null);
  readonly notes: Signal<Readonly<Record<string, NoteList>>> = signal({});
  /** Drafts as typed; the desk keeps replies, the browser notes. */
  readonly drafts: Signal<Readonly<Record<string, string>>> = signal({});

  readonly counts: ReadonlySignal<Readonly<Record<InboxFilter, number>>>;
  /** The list that is shown, in its order; `row` draws one of it. */
  readonly list: ReadonlySignal<readonly Summary[]>;
  readonly waiting: ReadonlySignal<number>;
  readonly unread: ReadonlySignal<number>;
  /** Opened by the address alone; earlier ones stay live behind it. */
  readonly conversation: Signal<LiveConversation | null> = signal(null);
  readonly summary: ReadonlySignal<Summary | null>;
  private readonly stops: (() => void)[] = [];

  constructor(
    readonly desk: Desk,
    readonly config: BoardConfig,
    readonly outside: Outside,
  ) {
    const me = config.me.id;
    this.now = signal(outside.now());
    this.searching = new Searching({
      search: (q, cursor) => desk.api.search(q, cursor),
      find: (q) => desk.rows.find({ q }),
    });
    this.query = this.searching.query;
    this.settings = new SettingsState(desk.api);
    this.clients = new ClientState(desk.api);
    // Typing and ticks change the inbox too: only changed summaries make the list anew.
    const summaries = computed(() => desk.inbox.value.summaries);
    this.counts = computed(() => countsOf(summaries.value, me));
    this.list = computed(() => {
      const text = this.query.value.trim();
      if (text === "") return listOf(summaries.value, this.filter.value, me);
      const query = parseQuery(text);
      const names = desk.names.value;
      const every = (["all", "snoozed", "resolved"] as const).flatMap((filter) => listOf(summaries.value, filter, me));
      return every.filter((row) => found(row, query, names[row.assignee ?? ""] ?? "")).slice(0, FOUND_ROWS);
    });
    this.waiting = computed(
      () => Object.values(summaries.value).filter((row) => row.waiting !== null && row.status !== "resolved").length,
    );
    this.unread = computed(() =>
      Object.values(summaries.value)
        .filter((row) => belongs(row, "mine", me) || belongs(row, "unassigned", me))
        .reduce((sum, row) => sum + row.unread, 0),
    );
    this.summary = computed(() => {
      const { client } = this.route.value;
      return client === null ? null : (desk.inbox.value.summaries[client] ?? null);
    });
    const nameOf = (summary: Summary): string => clientName(config.lang, summary.client, summary.name);
    const t = boardMessages[config.lang];
    this.alerts = new Alerts(outside.browser, {
      me,
      summaries: () => summaries.value,
      known: () => desk.inbox.value.known,
      nameOf,
      wordsOf: (summary) =>
        lastWords(rowOf(desk.inbox.peek(), summary, this.now.peek()), this, textsFor(config.lang), nameOf(summary)),
      handedOver: t.handedOver,
      isLive: (summary) => desk.inbox.peek().heard === summary,
      open: (client) => this.open(client),
    });
    this.stops.push(this.alerts.stop, this.emptyErased());
    // Notes have no stream of their own: their number in the summary says when to ask again.
    this.stops.push(
      effect(() => {
        const summary = this.summary.value;
        const client = this.route.value.client;
        if (client !== null) this.loadNotes(client, summary?.notes ?? 0);
      }),
    );
  }

  stop(): void {
    this.searching.stop();
    for (const stop of this.stops) stop();
  }

  // ---- where we are ----

  readonly followAddress = (hash: string): void => {
    const route = parseRoute(hash);
    const before = this.route.peek().client;
    batch(() => {
      this.route.value = route;
      this.conversation.value = route.client === null ? null : this.desk.open(route.client);
      if (route.client !== null) this.cursor.value = route.client;
    });
    if (route.client !== null && route.client !== before) void this.clients.look(route.client);
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

  /** One step back: context → conversation → list. */
  back(): void {
    const { client, pane } = this.route.value;
    if (pane === "context") this.go({ client, pane: "conversation" });
    else if (pane === "conversation") this.go({ client: null, pane: "list" });
  }

  show(filter: InboxFilter): void {
    batch(() => {
      this.filter.value = filter;
      this.query.value = "";
      this.cursor.value = this.route.value.client;
    });
  }

  /** How a member of the desk is called. */
  nameOf(id: string): string {
    return id === this.config.me.id ? this.config.me.name : (this.desk.names.value[id] ?? id);
  }

  /** What is put away is not all taken at once: more of it comes as one scrolls. */
  moreRows(): void {
    const { value } = this.filter;
    if (value === "snoozed" || value === "resolved") void this.desk.rows.more(value).catch(() => null);
  }

  row(summary: Summary): InboxRow {
    return rowOf(this.desk.inbox.value, summary, this.now.value);
  }

  /** Whose turn it is: the list's first, and where it is empty, whoever of all has waited longest. */
  next(): string | undefined {
    const { inbox } = this.desk;
    return (this.list.value[0] ?? listOf(inbox.value.summaries, "all", this.config.me.id)[0])?.client;
  }

  moveCursor(by: 1 | -1): void {
    const rows = this.list.value;
    if (rows.length === 0) return;
    const at = rows.findIndex((row) => row.client === this.cursor.value);
    const next = at === -1 ? (by === 1 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by));
    this.cursor.value = rows[next]?.client ?? null;
  }

  // ---- what we write ----

  modeOf(client: string): Mode {
    return this.mode.value[client] ?? "reply";
  }

  setMode(client: string, mode: Mode): void {
    this.mode.value = { ...this.mode.value, [client]: mode };
  }

  draft(client: string, mode: Mode): string {
    const held = this.drafts.value[`${mode}:${client}`];
    if (held !== undefined) return held;
    return mode === "note" ? this.outside.kept(this.noteKey(client)) : this.desk.open(client).draft;
  }

  setDraft(client: string, mode: Mode, text: string): void {
    this.drafts.value = { ...this.drafts.value, [`${mode}:${client}`]: text };
    if (mode === "note") {
      this.outside.keep(this.noteKey(client), text);
      return;
    }
    const conversation = this.desk.open(client);
    conversation.setDraft(text);
    conversation.composing(text);
  }

  write(client: string, mode: Mode, text: string): void {
    if (mode === "note") this.command(client, { do: "note", text });
    else this.desk.open(client).say(text);
    this.setDraft(client, mode, "");
  }

  /** What was taken back comes into the composer again, unless something stands there already. */
  discard(client: string, id: string): void {
    const text = this.desk.open(client).discard(id);
    if (text && this.draft(client, "reply") === "") this.setDraft(client, "reply", text);
  }

  /** Nothing is left in the composer of a conversation that is erased while it is open. */
  private emptyErased(): () => void {
    const seen = new WeakMap<LiveConversation, number>();
    return effect(() => {
      const conversation = this.conversation.value;
      const erasures = conversation?.erasures?.value ?? 0;
      if (!conversation || (seen.get(conversation) ?? 0) === erasures) return;
      seen.set(conversation, erasures);
      untracked(() => {
        for (const mode of ["reply", "note"] as const) this.setDraft(conversation.client, mode, "");
      });
    });
  }

  private noteKey(client: string): string {
    return `note/${client}`;
  }

  openCanned(): void {
    if (this.route.peek().client === null) return;
    this.settings.want();
    this.dialog.value = "canned";
  }

  // ---- what we order ----

  command(client: string, body: CommandBody): void {
    if (this.refusal.value?.client === client) this.refusal.value = null;
    const id = this.desk.command(client, body);
    const state = this.desk.commandState(id);
    const stop = effect(() => {
      const now = state.value;
      if (now === "sending") return;
      if (now === "done" && (body.do === "resolve" || body.do === "snooze"))
        this.toast.value = { client, did: body.do };
      if (now !== "done")
        this.refusal.value = { client, text: whyNot(this.config.lang, now.refusal.why, now.refusal.text) };
      queueMicrotask(() => stop());
    });
  }

  /** Takes back what the toast tells of. */
  undo(): void {
    const done = this.toast.peek();
    this.toast.value = null;
    if (done) this.command(done.client, { do: "reopen" });
  }

  toggleResolved(client: string): void {
    const summary = this.desk.inbox.value.summaries[client];
    this.command(client, { do: summary?.status === "resolved" ? "reopen" : "resolve" });
  }

  setAway(away: boolean): void {
    this.away.value = away;
    this.desk.setPresence(away ? "away" : "online");
  }

  private loadNotes(client: string, count: number): void {
    const held = this.notes.peek()[client];
    if (held?.state === "loaded" && held.notes.length === count) return;
    if (count === 0) {
      this.putNotes(client, { notes: [], state: "loaded" });
      return;
    }
    this.putNotes(client, { notes: held?.notes ?? [], state: "loading" });
    this.outside.notes(client).then(
      (notes) => this.putNotes(client, { notes, state: "loaded" }),
      () => this.putNotes(client, { notes: held?.notes ?? [], state: "failed" }),
    );
  }

  private putNotes(client: string, list: NoteList): void {
    this.notes.value = { ...this.notes.peek(), [client]: list };
  }

  notesOf(client: string): NoteList {
    return this.notes.value[client] ?? NO_NOTES;
  }
}
