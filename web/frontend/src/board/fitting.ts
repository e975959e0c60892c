/** Ask the server which conversations fit the list's facets, where the board's rows do not tell. */

import { effect, untracked } from "@preact/signals";

import type { Facet } from "../link/desk-api.ts";
import { partsOf } from "./list-choice.ts";
import type { Board } from "./state.ts";

/** So many rows of a filtered list are asked for at once. */
const ROWS = 200;
/** And so many times, for an attribute. */
const PAGES = 10;
/** A new row of a client who was not asked about, or a change of what is known of one, is followed after this pause. */
const AGAIN_MS = 1_000;
const ATTRIBUTE = "attribute:";

const isAttribute = (facet: Facet): boolean => facet.startsWith(ATTRIBUTE);
/** Follow the list's facets until the returned function is called. */
export function followFacets(board: Board): () => void {
  const finder = new Finder(board);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const unfollow = effect(() => {
    void [board.filter.value, board.facets.value];
    untracked(() => finder.find());
  });
  const unlisten = effect(() => {
    const told = board.desk.described.value;
    const { heard } = board.desk.inbox.value;
    if (!told && (!heard || finder.knows(heard.client))) return;
    if (!board.facets.peek().some(isAttribute)) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      finder.find();
    }, AGAIN_MS);
  });
  return () => {
    unfollow();
    unlisten();
    clearTimeout(timer);
  };
}

class Finder {
  #runs = 0;
  #asked: ReadonlySet<string> = new Set();

  constructor(private readonly board: Board) {}

  /** Return whether the last answer may tell of the client. */
  knows(client: string): boolean {
    return this.#asked.has(client);
  }

  find(): void {
    const { board } = this;
    const [filter, facets] = [board.filter.peek(), board.facets.peek()];
    const isEarlier = filter === "snoozed" || filter === "resolved"; // the board holds only their first pages
    const run = ++this.#runs;
    const query = { ...queryOf(facets), ...(isEarlier ? { status: filter } : {}) };
    this.#asked = new Set(Object.keys(board.desk.inbox.peek().summaries));
    if (isEarlier && facets.length > 0 && !facets.some(isAttribute)) void this.#pages(query, 1).catch(() => null);
    for (const facet of facets.filter(isAttribute))
      this.#pages({ ...query, attribute: facet.slice(ATTRIBUTE.length) }, PAGES).then(
        (clients) => {
          if (run !== this.#runs) return;
          const others = [...board.list.having.peek()].filter(
            ([one]) => one !== facet && board.facets.peek().includes(one),
          );
          board.list.having.value = new Map([...others, [facet, new Set(clients)]]);
        },
        () => {}, // asked again with the next change
      );
  }

  async #pages(query: Readonly<Record<string, string>>, pages: number): Promise<readonly string[]> {
    const found: string[] = [];
    let cursor: string | null = "";
    for (let page = 0; page < pages && cursor !== null; page++) {
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
