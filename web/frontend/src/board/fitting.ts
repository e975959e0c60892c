/** Ask the server which conversations fit the list's facets, where the board's rows do not tell. */

import { computed, effect, untracked } from "@preact/signals";

import type { InboxFilter } from "../core/inbox.ts";
import type { Facet } from "../link/desk-api.ts";
import { ATTRIBUTE, isAttribute, partsOf } from "./list-choice.ts";
import type { Board } from "./state.ts";

/** So many rows of a filtered list are asked for at once. */
const ROWS = 200;
/** And at most so many times, for an attribute: as many rows as the board holds. */
const PAGES = 50;
/** A new row of a client who was not asked about, or a change of what is known of one, is followed after this pause. */
const AGAIN_MS = 1_000;
/** A pause lasts at least so many times as long as the run before it, so that a long list keeps no server busy. */
const PAUSE_PER_RUN = 4;
/** The back-off after a failure, doubled by each further one. */
const FAILED_MS = 2_000;
const FAILED_MAX_MS = 60_000;

/** Follow the list's facets until the returned function is called. */
export function followFacets(board: Board): () => void {
  const { desk } = board;
  const finder = new Finder(board);
  const heard = computed(() => desk.inbox.value.heard);
  const isLive = computed(() => desk.connection.value.state === "live");
  let handled = [desk.described.peek(), heard.peek()] as const;
  let wasLive = isLive.peek();
  const stops = [
    effect(() => {
      const choice = [board.filter.value, board.facets.value] as const;
      untracked(() => finder.choose(...choice));
    }),
    effect(() => {
      const [told, row] = [desk.described.value, heard.value];
      const isNews = told !== handled[0] || (row !== handled[1] && row !== null && !finder.knows(row.client));
      handled = [told, row];
      if (isNews) untracked(() => finder.again());
    }),
    effect(() => {
      const isBack = isLive.value && !wasLive;
      wasLive = isLive.value;
      if (isBack) untracked(() => finder.run()); // what came meanwhile was not heard
    }),
  ];
  return () => {
    for (const stop of stops) stop();
    finder.stop();
  };
}

interface Asked {
  /** The attribute; null where the rows alone are fetched. */
  readonly facet: Facet | null;
  readonly query: Readonly<Record<string, string>>;
}

/** Ask for what fits the list's facets, one run at a time. */
class Finder {
  #wanted: readonly Asked[] = [];
  /** What is asked for beside attributes: an answer holds for it. */
  #scope = "";
  /** The clients of whom the last run may tell. */
  #known: ReadonlySet<string> = new Set();
  #isRunning = false;
  /** Whether something came of which the run under way may not tell. */
  #isDue = false;
  #fails = 0;
  /** When the pause after the last run ends, by `performance.now()`. */
  #restsUntilMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly board: Board) {}

  /** Return whether the last answer may tell of the client. */
  knows(client: string): boolean {
    return this.#known.has(client);
  }

  /** Ask for another choice; a run for the one before ends with its page. */
  choose(filter: InboxFilter, facets: readonly Facet[]): void {
    const { having, isFailed } = this.board.list;
    const isEarlier = filter === "snoozed" || filter === "resolved"; // the board holds only their first pages
    const query = { ...queryOf(facets), ...(isEarlier ? { status: filter } : {}) };
    const attributes = facets.filter(isAttribute);
    this.#wanted = attributes.map((facet) => ({
      facet,
      query: { ...query, attribute: facet.slice(ATTRIBUTE.length) },
    }));
    if (isEarlier && facets.length > 0 && attributes.length === 0) this.#wanted = [{ facet: null, query }];
    const scope = JSON.stringify(query);
    const isHeld = (facet: Facet): boolean => scope === this.#scope && attributes.includes(facet);
    having.value = new Map([...having.peek()].filter(([facet]) => isHeld(facet)));
    isFailed.value = false;
    this.#scope = scope;
    this.#fails = 0;
    this.run();
  }

  /** Ask now; while a run is under way, after it. */
  run(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isRunning) this.#isDue = true;
    else if (this.#wanted.length > 0) void this.#ask();
  }

  /** Ask for the attributes after a pause, because other clients may have them now. */
  again(): void {
    if (!this.#wanted.some(({ facet }) => facet)) return;
    if (this.#isRunning) this.#isDue = true;
    else this.#rest();
  }

  stop(): void {
    this.#wanted = [];
    clearTimeout(this.#timer);
  }

  #rest(): void {
    this.#timer ??= setTimeout(() => this.run(), Math.max(AGAIN_MS, this.#restsUntilMs - performance.now()));
  }

  async #ask(): Promise<void> {
    const { desk, list } = this.board;
    const wanted = this.#wanted;
    const isCurrent = (): boolean => wanted === this.#wanted;
    const begunMs = performance.now();
    this.#isRunning = true;
    this.#isDue = false;
    this.#known = new Set(Object.keys(desk.inbox.peek().summaries));
    try {
      for (const { facet, query } of wanted) {
        const clients = await this.#clients(query, facet ? PAGES : 1, isCurrent);
        if (!isCurrent()) break;
        if (facet) list.having.value = new Map([...list.having.peek(), [facet, new Set(clients)]]);
      }
      if (isCurrent()) this.#succeeded(performance.now() - begunMs);
    } catch {
      if (isCurrent()) this.#failed();
    }
    this.#isRunning = false;
    if (!isCurrent()) this.run();
    else if (this.#isDue) this.#rest();
  }

  #succeeded(tookMs: number): void {
    this.board.list.isFailed.value = false;
    this.#fails = 0;
    this.#restsUntilMs = performance.now() + tookMs * PAUSE_PER_RUN;
  }

  #failed(): void {
    this.board.list.isFailed.value = true;
    this.#isDue = true;
    const backOffMs = Math.min(FAILED_MAX_MS, FAILED_MS * 2 ** this.#fails++);
    this.#restsUntilMs = performance.now() + backOffMs * (1 + Math.random()); // not all boards at the same moment
  }

  /** Return the clients of the rows that match, at most so many pages; stop once that is not wanted. Raises: RestError. */
  async #clients(query: Asked["query"], pages: number, isWanted: () => boolean): Promise<readonly string[]> {
    const found: string[] = [];
    let cursor: string | null = "";
    for (let page = 0; page < pages && cursor !== null && isWanted(); page++) {
      const answer = await this.board.desk.rows.page({ ...query, ...(cursor ? { cursor } : {}) });
      found.push(...answer.summaries.map(({ client }) => client));
      cursor = answer.cursor;
    }
    return found;
  }
}

/** Return what the server is asked for. Of one kind it takes one value. */
function queryOf(facets: readonly Facet[]): Readonly<Record<string, string>> {
  const query: Record<string, string> = { limit: String(ROWS), team: "mine" };
  const kinds = facets.map((facet) => partsOf(facet)[0]);
  for (const [kind, value] of facets.map(partsOf))
    if (value && !kind.startsWith(ATTRIBUTE) && kinds.indexOf(kind) === kinds.lastIndexOf(kind))
      query[kind === "of" ? "assignee" : kind] = value;
  return query;
}
