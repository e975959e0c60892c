// @vitest-environment happy-dom
import { type Signal, signal } from "@preact/signals";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type InboxState, reduceInbox, type Summary } from "../core/inbox.ts";
import type { Facet, SavedView } from "../link/desk-api.ts";
import type { LiveConversation } from "../link/live-conversation.ts";
import { NOW, summaryOf, TEAMS } from "./board.fixture.ts";
import { asked, board, conversation, forget, shown } from "./board-state.fixture.ts";
import { showView, viewShown } from "./inbox-views.ts";
import { countFacets, fits, tagsOf } from "./list-choice.ts";
import { parseRoute, routeHash } from "./route.ts";
import { folded } from "./search.ts";
import type { Board } from "./state.ts";

beforeEach(forget);

const clients = (held: Board): string[] => held.list.rows.value.map((row) => row.client);

describe("the list", () => {
  const some = [
    summaryOf("c-1", { name: "Maria Pop", last: null }),
    summaryOf("c-2", { name: "Elena Lazăr", waiting: NOW - 10 }),
    summaryOf("c-3", { name: "Ion Dumitru", waiting: NOW - 500, tags: ["heater"] }),
    summaryOf("c-4", { name: "Vlad", assignee: null, status: "open", waiting: NOW - 900, unread: 2 }),
    summaryOf("c-5", { name: "Sara", status: "resolved" }),
    summaryOf("c-6", { name: "Dan", assignee: "a-radu", unread: 5 }),
  ];

  test("whoever has waited longest for an answer stands first", () => {
    const held = board(some);
    expect(clients(held)).toEqual(["c-3", "c-2", "c-1"]);
    held.show("all");
    expect(clients(held)).toEqual(["c-4", "c-3", "c-2", "c-6", "c-1"]);
    held.show("resolved");
    expect(clients(held)).toEqual(["c-5"]);
  });

  test("search looks through every list, without accents, at names, ids, tags and words", () => {
    const held = board(some);
    const search = (query: string): string[] => {
      held.query.value = query;
      return clients(held);
    };
    expect(search("lazar")).toEqual(["c-2"]);
    expect(search("HEATER ion")).toEqual(["c-3"]);
    expect(search("c-5")).toEqual(["c-5"]);
    expect(search("nobody")).toEqual([]);
    expect(folded("Ștefan Lazăr")).toBe("stefan lazar");
  });

  test("who waits is counted over all; unread only of what is mine or nobody's", () => {
    const held = board(some);
    expect(held.list.waiting.value).toBe(3);
    expect(held.list.unread.value).toBe(2);
    // What stands in neither list is not in the title: nobody would find it, and it would never be nothing.
    const away = { unread: 5, until: NOW + 1, status: "snoozed" } as const;
    expect(board([summaryOf("c-8", away), summaryOf("c-9", { ...away, assignee: null })]).list.unread.value).toBe(0);
  });

  test("what was just resolved or snoozed waits no more, while it can be undone", () => {
    const later = (order: "resolve" | "snooze") => ({
      waiting: NOW - 10,
      delayed: [
        { id: "x", do: order, at: NOW + 8_000, agent: "a-ana", ...(order === "snooze" && { until: NOW + 9_000 }) },
      ],
    });
    const held = board([...some, summaryOf("c-7", later("resolve")), summaryOf("c-8", later("snooze"))]);
    expect(held.list.waiting.value).toBe(3);
  });

  test("what has a facet is counted in one pass, whatever other facets a row has", () => {
    const mention = { agent: "a-ana", seq: 1, at: NOW, by: "a-radu" };
    const rows = [
      summaryOf("c-1", { tags: ["bill", "heater"], area: "hill", unread: 1 }),
      summaryOf("c-2", { tags: ["bill"], area: "hill", lang: "ro", priority: "high", assignee: "a-radu" }),
      summaryOf("c-3", { mentions: [mention] as unknown as Summary["mentions"] }),
    ];
    const counts = countFacets(rows, "a-ana");
    const facets: readonly Facet[] = [
      "unread",
      "urgent",
      "mentioned",
      "tag:bill",
      "tag:heater",
      "area:hill",
      "of:a-ana",
    ];
    for (const facet of facets)
      expect(counts.get(facet), facet).toBe(rows.filter((row) => fits(row, [facet], "a-ana")).length);
    expect(counts.get("tag:bill")).toBe(2);
  });

  test("typing leaves the rows of a team as they are; only a changed summary makes the list anew", () => {
    const held = board(some, { ...TEAMS, mine: [TEAMS.of()?.id] });
    const rows = held.list.rows.value;
    expect(rows.length).toBeGreaterThan(0);
    const inbox = held.desk.inbox as Signal<InboxState>;
    inbox.value = reduceInbox(inbox.value, { type: "typing", client: "c-2", sender: "c-2", on: true, nowMs: NOW });
    expect(held.list.rows.value).toBe(rows);
    inbox.value = reduceInbox(inbox.value, { type: "summary", summary: summaryOf("c-2", { rev: 2, unread: 1 }) });
    expect(held.list.rows.value).not.toBe(rows);
  });

  test("j and k move through the list and stop at its ends", () => {
    const held = board(some);
    const walk = (...steps: (1 | -1)[]): (string | null)[] =>
      steps.map((step) => {
        held.moveCursor(step);
        return held.cursor.value;
      });
    expect(walk(1, 1, 1, 1, -1)).toEqual(["c-3", "c-2", "c-1", "c-1", "c-2"]);
    expect(board([summaryOf("c-7", { assignee: null, status: "open" })]).list.next()).toBe("c-7"); // none is one's own
    held.query.value = "nobody";
    held.moveCursor(1);
    expect(held.cursor.value).toBe("c-2");
  });
});

describe("the list's order and filter", () => {
  const rows = [
    summaryOf("c-1", { waiting: NOW - 9, tags: ["bill"], unread: 1 }),
    summaryOf("c-2", { waiting: NOW - 5, tags: ["bill", "heater"], priority: "high" }),
    summaryOf("c-3", { last: { seq: 1, id: "m", from: "c-3", at: NOW + 9, kind: "text", text: "new" } }),
  ];

  test("a facet leaves only what has it, and the newest message can stand first", () => {
    const held = board(rows);
    const shown = (...facets: Facet[]): string[] => {
      held.facets.value = facets;
      return clients(held);
    };
    expect([shown("unread"), shown("urgent"), shown("tag:bill")]).toEqual([["c-1"], ["c-2"], ["c-1", "c-2"]]);
    expect([shown("tag:bill", "urgent"), shown("tag:bill", "tag:heater")]).toEqual([["c-2"], ["c-1", "c-2"]]);
    held.order.value = "newest";
    expect(shown()[0]).toBe("c-3");
    expect(tagsOf(rows)).toEqual(["bill", "heater"]);
  });
});

test("what mentions the agent has a list and a count", () => {
  const mentions = [{ agent: "a-ana", by: "a-radu", id: "n" }];
  const held = board([summaryOf("c-1", { mentions, status: "resolved" }), summaryOf("c-2")]);
  held.show("mine", ["mentioned"]);
  expect([held.list.mentioned.value, clients(held)]).toEqual([1, ["c-1"]]);
});

test("a saved view brings its list, filters and order back, also when a colleague saved one meanwhile", async () => {
  const held = board([summaryOf("c-1", { tags: ["bill"] }), summaryOf("c-2")]);
  const view = { id: "v-1", name: "Bills", filter: "all", order: "newest", facets: ["tag:bill"] } as const;
  const tries: number[] = [];
  Object.assign(held.desk.api, {
    views: async () => ({ own: { rev: 0, views: [] }, desk: { rev: 7, views: [{ ...view, id: "v-9" }] } }),
    saveViews: async (_: string, rev: number, views: readonly SavedView[]) => {
      tries.push(rev);
      if (rev === 0) throw Object.assign(new Error("stale"), { status: 409 });
      return { rev: rev + 1, views };
    },
  });
  await held.views.change("desk", (views) => [...views, view]);
  expect([tries, held.views.all.map(({ id }) => id)]).toEqual([
    [0, 7],
    ["v-9", "v-1"],
  ]);
  showView(held, view);
  expect([held.order.value, clients(held), viewShown(held)?.name]).toEqual(["newest", ["c-1"], "Bills"]);
});

test("saved views come with a connection, once they came no more, and are asked for again where they are listed", async () => {
  const held = board([]);
  const connection = held.desk.connection as Signal<object>;
  const mine = { rev: 1, views: [{ id: "v-1", name: "Bills", filter: "all", order: "newest", facets: [] } as const] };
  const views = vi.spyOn(held.desk.api, "views").mockResolvedValue({ own: mine, desk: { rev: 0, views: [] } });
  const reconnect = (): void => ["waiting", "live"].forEach((state) => void (connection.value = { state }));
  reconnect(); // the first request is not answered yet
  await vi.waitFor(() => expect(held.views.all).toHaveLength(1));
  reconnect();
  expect(views).toHaveBeenCalledTimes(1);
  views.mockClear();
  for (const dialog of ["palette", "views"] as const) held.dialog.value = dialog;
  held.dialog.value = null;
  held.menu.value = "views";
  expect(views).toHaveBeenCalledTimes(3);
});

test("the use of the rows on screen is asked for again by the clock and at each connection", () => {
  const held = board([]);
  const connection = held.desk.connection as Signal<object>;
  const refresh = vi.spyOn(held.usage, "refresh");
  held.now.value += 60_000;
  connection.value = { state: "waiting" };
  held.now.value += 60_000;
  connection.value = { state: "live" };
  expect(refresh).toHaveBeenCalledTimes(2);
});

describe("the list of an agent", () => {
  test("folds who waits for an outage only where it draws the folded row", () => {
    const waits = { area: "north", waiting: NOW };
    const held = board([
      summaryOf("c-1", { ...waits, tags: ["bill"] }),
      summaryOf("c-2", waits),
      summaryOf("c-3", { ...waits, status: "snoozed" }),
    ]);
    (held.desk.notices.outages as Signal).value = { north: { id: "n", text: { en: "No power" }, since: NOW } };
    const seen = () => [held.list.folded.value.length, held.list.rows.value.map(({ client }) => client)];
    expect(seen()).toEqual([1, []]);
    held.selection.begin(); // who can be checked is counted and has a row
    expect(seen()).toEqual([0, ["c-1", "c-2"]]);
    held.selection.end();
    held.show("snoozed");
    expect(seen()).toEqual([0, ["c-3"]]);
    held.show("mine", ["tag:bill"]);
    expect(seen()).toEqual([0, ["c-1"]]);
  });

  test("offers next only conversations of the agent's teams", () => {
    const held = board([summaryOf("c-1", { assignee: "a-radu", team: "t-south" })], {
      ...TEAMS,
      mine: ["t-north"],
      of: ({ team }: Summary) => ({ id: team }),
    });
    expect(held.list.next()).toBeUndefined();
  });
});

describe("the open conversation", () => {
  test("opening one keeps the others, and the address says which it is", () => {
    const held = board([summaryOf("c-1"), summaryOf("c-2")]);
    held.followAddress("#/c-1");
    const first = held.conversation.value;
    held.followAddress("#/c-2");
    held.followAddress("#/c-1/client");
    expect(held.conversation.value).toBe(first);
    expect(held.route.value).toEqual({ client: "c-1", pane: "context" });
    expect(shown).toBe("c-1"); // the desk keeps it heard
    held.followAddress("#/");
    expect([held.conversation.value, shown]).toEqual([null, null]);
  });

  test("notes are asked for when there are some, and again when there are more", async () => {
    const held = board([summaryOf("c-1", { notes: 1 }), summaryOf("c-2")]);
    held.followAddress("#/c-2");
    expect(asked).toEqual([]);
    held.followAddress("#/c-1");
    await expect.poll(() => held.clients.notes.valueOf("c-1")).toHaveLength(1);
    const { inbox } = held.desk;
    inbox.value = reduceInbox(inbox.value, { type: "summary", summary: summaryOf("c-1", { rev: 2, notes: 2 }) });
    expect(asked).toEqual(["c-1", "c-1"]);
  });

  test("earlier conversations are asked for again when the open one is resolved", () => {
    const held = board([summaryOf("c-1")]);
    held.open("c-1");
    const looked: string[] = [];
    held.clients.look = (client) => void looked.push(client);
    const { inbox } = held.desk;
    for (const rev of [2, 3])
      inbox.value = reduceInbox(inbox.value, {
        type: "summary",
        summary: summaryOf("c-1", { rev, status: "resolved" }),
      });
    expect(looked).toEqual(["c-1"]);
  });

  test("what is known of the open client is asked for again when it changes, and of no other", () => {
    const held = board([summaryOf("c-1")]);
    held.open("c-1");
    const looked: string[] = [];
    held.clients.look = (client) => void looked.push(client);
    for (const client of ["c-2", "c-1"]) held.desk.described.value = { client };
    expect(looked).toEqual(["c-1"]);
  });

  test("an erasure ends the edit of a message, whose number the new log gives to another", () => {
    const held = board([summaryOf("c-1")]);
    held.open("c-1");
    const erasures = signal(0);
    held.conversation.value = { ...conversation("c-1"), erasures } as unknown as LiveConversation;
    held.editing.value = { client: "c-1", seq: 4, before: "a", text: "b" };
    held.deleting.value = { client: "c-1", seq: 4 };
    held.dialog.value = "delete";
    erasures.value = 1;
    expect([held.editing.value, held.deleting.value, held.dialog.value]).toEqual([null, null, null]);
  });

  test("an address of no page is the page that says so; the settings without a page are the first of them", () => {
    for (const hash of ["#/settings/nothing", "#/settings/outage/a/b", "#/reports/2026", "#/nowhere", "#/nowhere/x"])
      expect(parseRoute(hash).page).toBe("missing");
    for (const hash of ["#/settings", "#/settings/"]) expect(parseRoute(hash).page).toBe("branding");
  });

  test("an address that names nobody is the list", () => {
    for (const hash of ["", "#", "#/", "#/x-1", "#/c-1/other", "#/c-<b>"])
      expect(parseRoute(hash)).toEqual({ client: null, pane: "list" });
    for (const hash of ["#/", "#/c-42", "#/g-7f3a/client", "#/settings/outage/n-1", "#/settings/outage/n-1/update"])
      expect(routeHash(parseRoute(hash))).toBe(hash);
  });
});
