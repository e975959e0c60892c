/** Choose what a board hears: its teams, and the conversations and rows on its screen. */

import * as topics from "../protocol/topics.ts";
import type { DeskTeams } from "./desk-teams.ts";

/** Conversations that stay live after another one is opened. */
export const OPEN = 20;
/** Rows whose typing is shown. */
const ROWS = 60;
/** An embedded broker takes 1,000 filters of a session. */
const FILTERS = 800;

export class DeskWatch {
  /** Least recently opened first. */
  readonly #open = new Set<string>();
  /** The open conversations whose filters were within FILTERS when they were asked for last. */
  #heard = new Set<string>();
  #shown: string | null = null;
  #rows: readonly string[] = [];

  constructor(private readonly teams: Pick<DeskTeams, "mine" | "reads">) {}

  /** Return the filters, the most needed first: the first SUBSCRIBE of a connection holds a part of them. */
  filters(agent: string): readonly topics.Wanted[] {
    const { mine, reads } = this.teams;
    const filters = [...topics.boardFilters(agent, mine, reads)];
    const heard = new Set<string>();
    for (const client of this.#byNeed()) {
      const added = topics.conversationFilters(client, reads);
      if (filters.length + added.length > FILTERS) break;
      filters.push(...added);
      heard.add(client);
    }
    this.#heard = heard;
    return [
      ...filters,
      ...this.#rows.filter((client) => !heard.has(client)).flatMap((client) => topics.rowFilters(client, reads)),
    ].slice(0, FILTERS);
  }

  /** Return the open conversations: the one on screen first, then the most recently opened. */
  #byNeed(): readonly string[] {
    const open = [...this.#open].reverse();
    return open.sort((one, other) => Number(other === this.#shown) - Number(one === this.#shown));
  }

  has(client: string): boolean {
    return this.#open.has(client);
  }

  /** Note that the conversation is opened; return whether it is not heard yet. */
  open(client: string): boolean {
    const isHeard = this.#open.delete(client) && this.#heard.has(client);
    this.#open.add(client);
    this.#heard.add(client); // who asks follows
    return !isHeard;
  }

  get shown(): string | null {
    return this.#shown;
  }

  /** Note which conversation is on screen. */
  setShown(client: string | null): void {
    this.#shown = client;
  }

  close(client: string): void {
    this.#open.delete(client);
  }

  /** Return the conversations beyond OPEN, least recently opened first; never the one on screen. */
  surplus(): readonly string[] {
    return [...this.#open].slice(0, -OPEN).filter((client) => client !== this.#shown);
  }

  /** Take the clients of the rows on screen; return whether they changed. */
  show(clients: readonly string[]): boolean {
    const rows = clients.slice(0, ROWS);
    const changed = rows.join() !== this.#rows.join();
    this.#rows = rows;
    return changed;
  }
}
