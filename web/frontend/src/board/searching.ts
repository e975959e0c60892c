/** Search all messages on the server: ask after a pause in typing, and drop answers to older questions. */

import { effect, type Signal, signal } from "@preact/signals";

import type { Hit, Hits } from "../link/desk-api.ts";
import { type Fault, faultOf } from "./request.tsx";

export type SearchState =
  | { readonly state: "idle" }
  | { readonly state: "searching" }
  | {
      readonly state: "found";
      readonly hits: readonly Hit[];
      readonly names: Hits["names"];
      readonly words: readonly string[];
      readonly cursor: string | null;
    }
  | { readonly state: "nothing" }
  /** The server does not understand a filter. */
  | { readonly state: "refused"; readonly fault: Fault }
  | { readonly state: "failed" };

/** Wait for this pause in typing, so that not each letter is a request. */
const AFTER_MS = 250;
const MIN_LETTERS = 2;
const BAD_QUERY = 422;

interface SearchRequests {
  search(q: string, cursor: string | null): Promise<Hits>;
  /** Load more rows of the list that match. */
  find(q: string): Promise<unknown>;
}

export class Searching {
  readonly query = signal("");
  readonly results: Signal<SearchState> = signal({ state: "idle" });
  #asked = 0;
  readonly stop: () => void;

  constructor(readonly outside: SearchRequests) {
    let timer: ReturnType<typeof setTimeout>;
    this.stop = effect(() => {
      const query = this.query.value.trim();
      clearTimeout(timer);
      this.#asked += 1;
      if (query.length < MIN_LETTERS) {
        this.results.value = { state: "idle" };
        return;
      }
      if (this.results.peek().state !== "found") this.results.value = { state: "searching" };
      timer = setTimeout(() => void this.#ask(query), AFTER_MS);
    });
  }

  async #ask(query: string): Promise<void> {
    const asked = this.#asked;
    void this.outside.find(query).catch(() => null);
    const answer = await this.outside.search(query, null).then(stateOf, refusedAs);
    if (asked === this.#asked) this.results.value = answer;
  }

  async more(): Promise<void> {
    const found = this.results.peek();
    if (found.state !== "found" || found.cursor === null) return;
    const asked = this.#asked;
    const next = await this.outside.search(this.query.peek().trim(), found.cursor).catch(() => null);
    if (next === null || asked !== this.#asked) return;
    this.results.value = {
      ...found,
      hits: [...found.hits, ...next.hits],
      names: { ...found.names, ...next.names },
      cursor: next.cursor,
    };
  }
}

const stateOf = ({ hits, names, words, cursor }: Hits): SearchState =>
  hits.length === 0 ? { state: "nothing" } : { state: "found", hits, names, words, cursor };

const refusedAs = (fault: { status?: number }): SearchState =>
  fault.status === BAD_QUERY ? { state: "refused", fault: faultOf(fault) } : { state: "failed" };
