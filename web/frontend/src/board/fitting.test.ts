import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Facet } from "../link/desk-api.ts";
import { summaryOf } from "./board.fixture.ts";
import { followFacets } from "./fitting.ts";
import { fits } from "./list-choice.ts";
import type { Board } from "./state.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A board whose server answers with these clients, by attribute. */
function followed(answers: Record<string, string[]> = {}) {
  const asked: Record<string, string>[] = [];
  const page = async (query: Record<string, string>) => {
    asked.push(query);
    const clients = answers[query.attribute ?? ""] ?? [];
    const at = Number(query.cursor ?? 0);
    return {
      summaries: clients.slice(at, at + 1).map((id) => summaryOf(id)),
      cursor: clients[at + 1] ? `${at + 1}` : null,
    };
  };
  const board = {
    filter: signal("all"),
    facets: signal<readonly Facet[]>([]),
    list: { having: signal(new Map()) },
    desk: {
      rows: { page },
      described: signal(null),
      inbox: signal({ summaries: {}, heard: null as object | null }),
    },
  };
  followFacets(board as unknown as Board);
  const shown = (client: string): boolean =>
    fits(summaryOf(client), board.facets.value, "a-ana", board.list.having.value);
  return { board, asked, shown };
}

test("a filter of earlier conversations asks the server, which knows more of them than the board", () => {
  const { board, asked } = followed();
  board.filter.value = "resolved";
  board.facets.value = ["tag:bill", "area:hill", "area:mill", "of:a-radu", "unread"];
  expect(asked).toEqual([{ limit: "200", team: "mine", status: "resolved", tag: "bill", assignee: "a-radu" }]);
  board.filter.value = "all";
  expect(asked.length).toBe(1);
});

test("an attribute's rows are those that the server names: of any value of a name, and of each name", async () => {
  const { board, asked, shown } = followed({
    "plan:Solar": ["c-1", "c-2"],
    "plan:Basic": ["c-3"],
    "kw:7": ["c-1", "c-3"],
  });
  board.facets.value = ["attribute:plan:Solar"];
  expect(shown("c-1")).toBe(false);
  await vi.waitFor(() => expect(shown("c-1") && shown("c-2") && !shown("c-3")).toBe(true));
  expect(asked[0]).toEqual({ limit: "200", team: "mine", attribute: "plan:Solar" });
  board.facets.value = ["attribute:plan:Solar", "attribute:plan:Basic", "attribute:kw:7"];
  await vi.waitFor(() => expect(["c-1", "c-2", "c-3"].map(shown)).toEqual([true, false, true]));
});

test("the row of a client who was not asked about is asked about, once for many", async () => {
  const answers = { "plan:Solar": ["c-1"] };
  const { board, asked, shown } = followed(answers);
  board.facets.value = ["attribute:plan:Solar"];
  await vi.waitFor(() => expect(shown("c-1")).toBe(true));
  answers["plan:Solar"].push("c-2");
  const summaries = { "c-2": summaryOf("c-2") };
  for (const rev of [1, 2]) board.desk.inbox.value = { summaries, heard: summaryOf("c-2", { rev }) };
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(1_000);
  await vi.waitFor(() => expect(shown("c-2")).toBe(true));
  expect(asked.length - before).toBe(2); // its two pages
  board.desk.inbox.value = { summaries, heard: summaryOf("c-2", { rev: 3 }) };
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked.length - before).toBe(2);
});
