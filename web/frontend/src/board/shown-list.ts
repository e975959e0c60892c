/** The rows that the board lists, and what is counted over all rows. */

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { belongs, countsOf, type InboxFilter, type InboxState, listOf, ofTeams, type Summary } from "../core/inbox.ts";
import { type Folded, foldOutages } from "../core/incident.ts";
import type { Facet } from "../link/desk-api.ts";
import type { Desk } from "../link/desk-link.ts";
import { fits, type Having, inOrder, isAttribute, type Order } from "./list-choice.ts";
import { found, parseQuery } from "./search.ts";

/** What the agent chose to see. */
interface Choice {
  readonly filter: ReadonlySignal<InboxFilter>;
  readonly order: ReadonlySignal<Order>;
  readonly facets: ReadonlySignal<readonly Facet[]>;
  readonly query: ReadonlySignal<string>;
  /** The checked conversations; null while there are no check boxes. */
  readonly selection: { readonly clients: ReadonlySignal<ReadonlySet<string> | null> };
}

/** So many who wait for one outage share a row. */
const FOLDED_FROM = 2;
/** The lists that fold them. */
const FOLDING: readonly InboxFilter[] = ["mine", "unassigned", "all"];
/** A search shows at most this many rows above the messages. */
const FOUND_ROWS = 20;

export class ShownList {
  /** The rows of the agent's teams, and those that belong to the agent or mention it. */
  readonly summaries: ReadonlySignal<InboxState["summaries"]>;
  /** Whether the server told the first rows. */
  readonly isKnown: ReadonlySignal<boolean>;
  /** Each outage with all who wait for it, whatever the list shows. */
  readonly outages: ReadonlySignal<readonly Folded[]>;
  /** Outages for which several clients wait, where the list shows one row for all of them. */
  readonly folded: ReadonlySignal<readonly Folded[]>;
  readonly counts: ReadonlySignal<Readonly<Record<InboxFilter, number>>>;
  /** The rows of the list, in order. */
  readonly rows: ReadonlySignal<readonly Summary[]>;
  readonly waiting: ReadonlySignal<number>;
  /** How many conversations mention this agent in a note. */
  readonly mentioned: ReadonlySignal<number>;
  readonly unread: ReadonlySignal<number>;
  readonly having: Signal<Having> = signal(new Map());
  /** Whether the server told who has each attribute of the facets. */
  readonly isAnswered: ReadonlySignal<boolean>;
  /** Whether it could not be asked last time. */
  readonly isFailed: Signal<boolean> = signal(false);

  readonly #desk: Desk;
  readonly #me: string;
  readonly #choice: Choice;

  constructor(desk: Desk, me: string, choice: Choice) {
    this.#desk = desk;
    this.#me = me;
    this.#choice = choice;
    // Typing and ticks change the inbox too. Only changed summaries rebuild the list.
    const all = computed(() => desk.inbox.value.summaries);
    const summaries = computed(() => {
      const { mine } = desk.teams;
      return mine === null ? all.value : ofTeams(all.value, (row) => mine.includes(desk.teams.of(row).id), me);
    });
    this.summaries = summaries;
    this.isKnown = computed(() => desk.inbox.value.known);
    this.outages = computed(() => foldOutages(desk.notices.outages.value, summaries.value));
    const isSelecting = computed(() => choice.selection.clients.value !== null);
    this.folded = computed(() => {
      // Who can be checked has a row, so that "3 of 38" counts what the tab counts.
      const isOpen = choice.facets.value.length > 0 || isSelecting.value;
      if (isOpen || !FOLDING.includes(choice.filter.value)) return [];
      return this.outages.value.filter(({ waiting }) => waiting.length >= FOLDED_FROM);
    });
    this.counts = computed(() => countsOf(summaries.value, me));
    this.rows = computed(() => this.#choose());
    this.isAnswered = computed(() =>
      choice.facets.value.every((facet) => !isAttribute(facet) || this.having.value.has(facet)),
    );
    // Of the rows that "All" counts: what was just resolved or snoozed is in neither figure.
    this.waiting = computed(
      () => Object.values(summaries.value).filter((row) => row.waiting !== null && belongs(row, "all", me)).length,
    );
    this.mentioned = computed(
      () => listOf(summaries.value, "mine", me).filter((row) => fits(row, ["mentioned"], me)).length,
    );
    this.unread = computed(() =>
      Object.values(summaries.value)
        .filter((row) => belongs(row, "mine", me) || belongs(row, "unassigned", me))
        .reduce((sum, row) => sum + row.unread, 0),
    );
  }

  #choose(): readonly Summary[] {
    const choice = this.#choice;
    const me = this.#me;
    const summaries = this.summaries.value;
    const text = choice.query.value.trim();
    if (text === "") {
      const isFolded = new Set(this.folded.value.flatMap(({ waiting }) => waiting));
      const rows = listOf(summaries, choice.filter.value, me).filter((row) => !isFolded.has(row));
      return inOrder(
        rows.filter((row) => fits(row, choice.facets.value, me, this.having.value)),
        choice.order.value,
      );
    }
    const query = parseQuery(text);
    const names = this.#desk.names.value;
    const every = (["all", "snoozed", "resolved"] as const).flatMap((filter) => listOf(summaries, filter, me));
    return every.filter((row) => found(row, query, names[row.assignee ?? ""] ?? "")).slice(0, FOUND_ROWS);
  }

  /** Return the list's first client; if the list is empty, the client who has waited longest. */
  next(): string | undefined {
    return (this.rows.value[0] ?? listOf(this.summaries.value, "all", this.#me)[0])?.client;
  }

  /** Load the next page of snoozed or resolved conversations. */
  more(): void {
    const { value } = this.#choice.filter;
    if (value === "snoozed" || value === "resolved") void this.#desk.rows.more(value).catch(() => null);
  }
}
