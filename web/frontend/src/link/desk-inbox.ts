/** The desk's list as a board holds it: taken page by page when a line comes, then kept by what the line says. */

import { type Signal, signal } from "@preact/signals";
import { EMPTY_INBOX, type InboxEvent, type InboxState, inboxWakesMs, reduceInbox } from "../core/inbox.ts";
import type { Summary } from "../protocol/payloads.ts";
import type { Environment } from "./link.ts";
import { inboxPageOf, type Rest, readInbox } from "./rest.ts";

export interface DeskInboxOptions {
  readonly environment: Environment;
  readonly rest: Rest;
  /** A page was merged. */
  readonly onPage: (summaries: readonly Summary[], names: Readonly<Record<string, string>>) => void;
}

/** Rows of a page, and how many pages of each list are taken at a connect. */
const ROWS = 200;
const LISTS: readonly [status: string, pages: number][] = [
  ["", 50],
  ["snoozed", 1],
  ["resolved", 1],
];

export class DeskInbox {
  readonly state: Signal<InboxState> = signal(EMPTY_INBOX);
  readonly #options: DeskInboxOptions;
  /** Where the lists go on that were not taken whole. */
  readonly #cursors = new Map<string, string>();
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

  /** The first rows, as the page brought them, before there is a line; its snapshot is merged by `rev`. */
  firstLook(answer: object): void {
    this.happen({ type: "snapshot", ...inboxPageOf(answer) });
  }

  /** The snapshot, taken after the subscription and merged by rev; ends early once it is stale. Raises: RestError. */
  async take(stale: () => boolean): Promise<void> {
    for (const [status, pages] of LISTS) {
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
  }

  /** More rows of one list than a connect takes, or those that hold certain words; where it goes on. */
  async find(query: Readonly<Record<string, string>>): Promise<string | null> {
    const { summaries, names, cursor } = await readInbox(this.#options.rest, query);
    this.happen({ type: "snapshot", summaries, names });
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
}
