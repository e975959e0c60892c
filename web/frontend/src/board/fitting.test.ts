import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { EMPTY_INBOX, type InboxFilter, reduceInbox, type Summary } from "../core/inbox.ts";
import type { Facet } from "../link/desk-api.ts";
import type { Desk } from "../link/desk-link.ts";
import { summaryOf, TEAMS } from "./board.fixture.ts";
import { followFacets } from "./fitting.ts";
import { fits } from "./list-choice.ts";
import { Selection } from "./selection.ts";
import { ShownList } from "./shown-list.ts";
import type { Board } from "./state.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A board whose server answers with these clients, by attribute; an answer is under way until `arrives` settles. */
function followed(answers: Record<string, string[]> = {}) {
  const asked: Record<string, string>[] = [];
  const server = { arrives: Promise.resolve() };
  const inbox = signal(EMPTY_INBOX);
  const page = async (query: Record<string, string>) => {
    asked.push(query);
    await server.arrives;
    const clients = answers[query.attribute ?? ""] ?? [];
    const at = Number(query.cursor ?? 0);
    const summaries = clients.slice(at, at + 1).map((id) => summaryOf(id));
    inbox.value = reduceInbox(inbox.value, { type: "snapshot", summaries, names: {} });
    return { summaries, cursor: clients[at + 1] ? `${at + 1}` : null };
  };
  const filter = signal<InboxFilter>("all");
  const facets = signal<readonly Facet[]>([]);
  const described = signal<object | null>(null);
  const connection = signal({ state: "live" });
  const desk = { rows: { page }, described, connection, inbox, teams: TEAMS, notices: { outages: signal({}) } };
  const choice = { filter, facets, order: signal("waiting" as const), query: signal(""), selection: new Selection() };
  const list = new ShownList(desk as unknown as Desk, "a-ana", choice);
  const board = { ...choice, list, desk };
  followFacets(board as unknown as Board);
  const shown = (client: string): boolean => fits(summaryOf(client), facets.value, "a-ana", list.having.value);
  const hear = (summary: Summary): void => {
    inbox.value = reduceInbox(inbox.value, { type: "summary", summary });
  };
  return { board, asked, shown, server, hear, answers };
}

/** Let what is asked now be answered. */
const answered = () => vi.advanceTimersByTimeAsync(0);

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

test("news of a client are asked about once; a quiet board asks nothing", async () => {
  const { board, asked, shown, hear, answers } = followed({ "plan:Solar": ["c-1"] });
  board.facets.value = ["attribute:plan:Solar"];
  await answered();
  answers["plan:Solar"]?.push("c-2");
  for (const rev of [1, 2]) hear(summaryOf("c-2", { rev }));
  await vi.advanceTimersByTimeAsync(1_000);
  expect([shown("c-2"), asked.length]).toEqual([true, 3]); // and its two pages
  hear(summaryOf("c-2", { rev: 3 }));
  board.desk.described.value = { client: "c-1" };
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked.length).toBe(5);
  hear(summaryOf("c-9"));
  board.desk.inbox.value = reduceInbox(board.desk.inbox.value, { type: "left", client: "c-9", rev: 2 });
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked.length).toBe(7);
});

test("one run at a time: news wait for its end and a pause that grows with it; another choice ends it", async () => {
  const { board, asked, server, hear } = followed({ "plan:Solar": ["c-1", "c-2", "c-3"] });
  server.arrives = new Promise((resolve) => setTimeout(resolve, 5_000));
  board.facets.value = ["attribute:plan:Solar"];
  for (const client of ["c-7", "c-8"]) {
    hear(summaryOf(client));
    await vi.advanceTimersByTimeAsync(2_000);
  }
  expect(asked.length).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000 + 19_000);
  expect(asked.length).toBe(3);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked.length).toBe(6);
  server.arrives = new Promise((resolve) => setTimeout(resolve, 5_000));
  board.filter.value = "resolved";
  board.facets.value = ["attribute:plan:Basic"];
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked.slice(6).map(({ status, attribute, cursor }) => [status, attribute, cursor])).toEqual([
    ["resolved", "plan:Solar", undefined],
    ["resolved", "plan:Basic", undefined],
  ]);
});

test("a list is known when the server told of each attribute; after a failure it is asked with back-off", async () => {
  const { board, asked, server, shown } = followed({ "plan:Solar": ["c-1"] });
  const { list } = board;
  server.arrives = Promise.reject(new Error("away"));
  board.facets.value = ["attribute:plan:Solar"];
  expect([list.isAnswered.value, list.isFailed.value]).toEqual([false, false]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([list.isAnswered.value, list.isFailed.value]).toEqual([false, true]);
  expect(asked.length).toBeGreaterThan(2);
  expect(asked.length).toBeLessThan(7);
  server.arrives = Promise.resolve();
  await vi.advanceTimersByTimeAsync(120_000);
  expect([list.isAnswered.value, list.isFailed.value, shown("c-1")]).toEqual([true, false, true]);
  board.filter.value = "resolved";
  expect(list.isAnswered.value).toBe(false); // that answer was for another list
});

test("after a reconnect it is asked again, because rows may have come unheard", async () => {
  const { board, asked, shown, answers } = followed({ "plan:Solar": ["c-1"] });
  board.facets.value = ["attribute:plan:Solar"];
  await answered();
  answers["plan:Solar"]?.push("c-2");
  for (const state of ["connecting", "live", "live"]) board.desk.connection.value = { state };
  await answered();
  expect([shown("c-2"), asked.length]).toEqual([true, 3]);
});

test("as many rows as the board holds are asked for", async () => {
  const { board, asked, shown } = followed({ "plan:Solar": Array.from({ length: 60 }, (_, at) => `c-${at}`) });
  board.facets.value = ["attribute:plan:Solar"];
  await answered();
  expect([asked.length, shown("c-49"), shown("c-50")]).toEqual([50, true, false]);
});
