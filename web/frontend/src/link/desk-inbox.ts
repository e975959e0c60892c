/** The board's inbox: fetched page by page at each connection, then updated by MQTT. */

import { type Signal, signal } from "@preact/signals";
import { EMPTY_INBOX, type InboxEvent, type InboxState, inboxWakesMs, reduceInbox } from "../core/inbox.ts";
import type { Summary } from "../protocol/payloads.ts";
import type { Environment } from "./link.ts";
import { inboxPageOf, type Rest, readInbox } from "./rest.ts";

export interface DeskInboxOptions {
  readonly environment: Environment;
  readonly rest: Rest;
  /** Whether rows may leave to teams that are not the agent's. */
  readonly areTeamsSeveral: () => boolean;
  readonly isOpen: (client: string) => boolean;
  /** Called after a page was merged. */
  readonly onPage: (summaries: readonly Summary[], names: Readonly<Record<string, string>>) => void;
}

/** Rows of a page, and the pages of each list that a connection fetches. */
const ROWS = 200;
const LISTS: readonly [status: string, pages: number][] = [
  ["", 50],
  ["snoozed", 1],
  ["resolved", 1],
];

export class DeskInbox {
  readonly state: Signal<InboxState> = signal(EMPTY_INBOX);
  readonly #options: DeskInboxOptions;
  /** The next cursor of each list that has more pages. */
  readonly #cursors = new Map<string, string>();
  /** The clients of all rows that were fetched since `take` began. */
  readonly #found = new Set<string>();
  #takes = 0;
  #cancelTick = (): void => {};

  constructor(options: DeskInboxOptions) {
    this.#options = options;
  }

  happen(event: InboxEvent): void {
    const { environment, onPage } = this.#options;
    const after = reduceInbox(this.state.peek(), event);
    if (after === this.state.peek()) return;
    this.state.value = after;
    if (event.type === "snapshot") onPage(event.summaries, event.names);
    this.#cancelTick();
    const at = inboxWakesMs(after);
    if (at === null) return;
    const tick = (): void => this.happen({ type: "tick", nowMs: environment.steady() });
    this.#cancelTick = environment.timers.after(Math.max(0, at - environment.steady()), tick);
  }

  /** Show the rows that came with the page (GET /api/inbox) before there is a connection. */
  firstLook(answer: object): void {
    this.happen({ type: "snapshot", ...inboxPageOf(answer) });
  }

  /**
   * Fetch the snapshot after subscribing, then the rows whose notes mention the reader, resolved ones too; stop once it
   * is stale, or was begun again. Raises: RestError.
   */
  async take(isStale: () => boolean): Promise<void> {
    const take = ++this.#takes;
    const stale = (): boolean => isStale() || take !== this.#takes;
    const before = this.state.peek().summaries;
    this.#cursors.clear();
    this.#found.clear();
    for (const [status, pages] of LISTS) {
      let cursor: string | null = "";
      for (let page = 0; page < pages && cursor !== null; page++) {
        cursor = await this.find({
          limit: String(ROWS),
          team: "mine",
          ...(status ? { status } : {}),
          ...(cursor ? { cursor } : {}),
        });
        if (stale()) return;
      }
      if (cursor) this.#cursors.set(status, cursor);
    }
    await this.find({ limit: String(ROWS), mentions: "me" });
    if (!stale() && !this.#cursors.has("") && this.#options.areTeamsSeveral()) await this.#dropGone(before, stale);
  }

  /** Drop the active rows that moved to other teams while there was no connection. Args: before: rows of then. */
  async #dropGone(before: InboxState["summaries"], stale: () => boolean): Promise<void> {
    const { isOpen } = this.#options;
    const isActive = ({ status }: Summary): boolean => status === "open" || status === "assigned";
    const gone = (): readonly string[] => {
      const rows = Object.values(this.state.peek().summaries);
      return rows
        .filter((row) => isActive(row) && before[row.client] === row && !this.#found.has(row.client))
        .map(({ client }) => client);
    };
    for (const client of gone().filter(isOpen))
      for (const [status] of LISTS)
        if (gone().includes(client)) await this.find({ q: client, ...(status ? { status } : {}) });
    if (!stale()) this.happen({ type: "gone", clients: gone() });
  }

  /** Merge the rows that match the query; return the next cursor, or null. */
  async find(query: Readonly<Record<string, string>>): Promise<string | null> {
    return (await this.page(query)).cursor;
  }

  /** Merge the rows that match the query, and return their page. */
  async page(query: Readonly<Record<string, string>>): ReturnType<typeof readInbox> {
    const page = await readInbox(this.#options.rest, query);
    for (const { client } of page.summaries) this.#found.add(client);
    this.happen({ ...page, type: "snapshot" });
    return page;
  }

  /** Fetch the next page of a list, if there is one. */
  async more(status: "snoozed" | "resolved"): Promise<void> {
    const cursor = this.#cursors.get(status);
    if (!cursor) return;
    this.#cursors.delete(status); // fetched once, however often the end comes into view
    const next = await this.find({ limit: String(ROWS), team: "mine", status, cursor }).catch(() => cursor);
    if (next) this.#cursors.set(status, next);
  }
}
