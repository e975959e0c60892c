/** Choose what a board hears: the conversations and rows on its screen, and its colleagues while they are few. */

import * as topics from "../protocol/topics.ts";
import type { DeskTeams } from "./desk-teams.ts";

/** Conversations that stay live after another one is opened. */
export const OPEN = 20;
/** Rows whose typing is shown. */
const ROWS = 60;
/** An embedded broker takes 1,000 filters of a session. */
const FILTERS = 800;
/** Above so many agents a board hears the presence of its teams' members alone: each change would reach all. */
export const COLLEAGUES = 200;
/** Below so many it hears them again. */
const COLLEAGUES_AGAIN = 150;

export class DeskWatch {
  /** Least recently opened first. */
  readonly #open = new Set<string>();
  #rows: readonly string[] = [];
  #hearsColleagues = true;

  constructor(private readonly teams: Pick<DeskTeams, "mine" | "mates">) {}

  filters(agent: string): readonly topics.Wanted[] {
    const { mine, mates } = this.teams;
    const open = [...this.#open].reverse();
    return [
      ...topics.boardFilters(agent, mine),
      ...(this.#hearsColleagues ? [topics.COLLEAGUES] : mates.slice(0, COLLEAGUES).map(topics.colleagueFilter)),
      ...(mine ? open.map(topics.inboxFilter) : []),
      ...open.flatMap(topics.conversationFilters),
      ...this.#rows.filter((client) => !this.#open.has(client)).map(topics.rowFilter),
    ].slice(0, FILTERS);
  }

  has(client: string): boolean {
    return this.#open.has(client);
  }

  /** Note that the conversation is opened; return whether it was not open. */
  open(client: string): boolean {
    const wasOpen = this.#open.delete(client);
    this.#open.add(client);
    return !wasOpen;
  }

  close(client: string): void {
    this.#open.delete(client);
  }

  /** Return the conversations beyond OPEN, least recently opened first. */
  surplus(): readonly string[] {
    return [...this.#open].slice(0, -OPEN);
  }

  /** Take the clients of the rows on screen; return whether they changed. */
  show(clients: readonly string[]): boolean {
    const rows = clients.slice(0, ROWS);
    const changed = rows.join() !== this.#rows.join();
    this.#rows = rows;
    return changed;
  }

  /** Take the number of agents online; return whether colleagues are heard from now on, null for no change. */
  count(online: number): boolean | null {
    const hears = online <= (this.#hearsColleagues ? COLLEAGUES : COLLEAGUES_AGAIN);
    if (hears === this.#hearsColleagues) return null;
    this.#hearsColleagues = hears;
    return hears;
  }
}
