// @vitest-environment happy-dom
import type { Signal } from "@preact/signals";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { AgentRow } from "../link/desk-api.ts";
import { boardTextsFor } from "../ui/messages.ts";
import { NOW, summaryOf } from "./board.fixture.ts";
import { board, commandState, forget, later, orders, renewCommandState, said, undone } from "./board-state.fixture.ts";
import { assignItems, colleaguesOf, snoozeItems } from "./choices.ts";
import { choicesOf } from "./palette.ts";
import { MAX_CHECKED } from "./selection.ts";
import { localMinute, snoozeTimes } from "./snooze.ts";

beforeEach(forget);

describe("writing", () => {
  test("a reply and a note of one conversation are two drafts, each kept, and neither becomes the other", () => {
    const held = board([summaryOf("c-1")]);
    held.drafts.set("c-1", "reply", "for the client");
    held.drafts.set("c-1", "note", "for us");
    expect([held.drafts.of("c-1", "reply"), held.drafts.of("c-1", "note")]).toEqual(["for the client", "for us"]);
    const again = board([summaryOf("c-1")]);
    expect([again.drafts.of("c-1", "reply"), again.drafts.of("c-1", "note")]).toEqual(["for the client", "for us"]);
    again.drafts.send("c-1", "note", "for us");
    expect([said, orders]).toEqual([[], [{ do: "note", text: "for us" }]]);
    expect([again.drafts.of("c-1", "reply"), again.drafts.of("c-1", "note")]).toEqual(["for the client", ""]);
  });

  test("what is taken back returns to the composer unless something stands there", () => {
    const held = board([summaryOf("c-1")]);
    held.drafts.discard("c-1", "m");
    expect(held.drafts.of("c-1", "reply")).toBe("taken back");
    held.drafts.set("c-1", "reply", "other words");
    held.drafts.discard("c-1", "m");
    expect(held.drafts.of("c-1", "reply")).toBe("other words");
  });

  test("resolve and snooze wait at the bridge; one Undo withdraws them, and after their time reopens", () => {
    const held = board([summaryOf("c-1"), summaryOf("c-2")]);
    const both = ["c-1", "c-2"];
    held.actions.resolve(both);
    expect([later, held.actions.last.value?.clients]).toEqual([[{ do: "resolve" }, { do: "resolve" }], both]);
    held.actions.undo();
    expect([held.actions.last.value, undone, orders]).toEqual([null, ["c-1/later", "c-2/later"], []]);

    held.actions.snooze(["c-1"], NOW + 1);
    renewCommandState({ refusal: { why: "too_late", text: "" } });
    held.actions.undo();
    expect(orders).toEqual([{ do: "reopen" }]);
  });

  test("refusals of one action are told together, with how many and each reason once, until the next action", () => {
    const held = board([summaryOf("c-1"), summaryOf("c-2"), summaryOf("c-3")]);
    held.actions.resolve(["c-1", "c-2", "c-3"]);
    const refusal = { why: "not_allowed", text: "No." };
    commandState.value = { refusal };
    const { clients: refused, of, texts } = held.actions.refused.value ?? {};
    expect([refused, of, texts?.length]).toEqual([["c-1", "c-2", "c-3"], 3, 1]);
    renewCommandState("done");
    held.assign(["c-1"], "a-dan");
    expect(held.actions.refused.value).toBe(null);
  });

  test("colleagues who are offline can be assigned, behind those who are here", async () => {
    const held = board([summaryOf("c-1")]);
    const row = (id: string, name: string, disabled = false) => ({
      id,
      name,
      admin: false,
      disabled,
      has_password: true,
      seen: null,
    });
    held.desk.api.agents = async () => [
      row("a-ana", "Ana"),
      row("a-dan", "Dan"),
      row("a-x", "X", true),
      row("a-radu", "Radu"),
    ];
    (held.desk.agents as Signal).value = { "a-radu": { state: "away", viewing: [] } };
    held.menu.value = "assign";
    await vi.waitFor(() => expect(colleaguesOf(held).map(({ name }) => name)).toEqual(["Radu", "Dan"]));
    const items = assignItems(held, boardTextsFor("en"), ["c-1"]);
    expect(items.map(({ label, hint = "" }) => `${label} ${hint}`)).toEqual([
      "To me ",
      "Radu ",
      "Dan offline",
      "To nobody ",
    ]);
  });

  test("unread from the client's last words on, and closed; without words there is nothing to mark", () => {
    const question = { seq: 7, at: 1, kind: "text" as const, text: "why?" };
    const held = board([summaryOf("c-1", { last: null, question }), summaryOf("c-2", { last: null })]);
    held.open("c-1");
    held.markUnread("c-1");
    held.markUnread("c-2");
    expect([held.route.value.client, orders]).toEqual([null, [{ do: "unread", of: 7 }]]);
  });

  test("Undo of an assignment gives each conversation to whom it had", () => {
    const held = board([summaryOf("c-1"), summaryOf("c-2", { assignee: "a-radu" })]);
    held.assign(["c-1", "c-2"], "a-dan");
    held.actions.undo();
    expect(orders.slice(2)).toEqual([
      { do: "assign", to: "a-ana" },
      { do: "assign", to: "a-radu" },
    ]);
  });

  test("a tag is added where it lacks, and Undo takes it from these only", () => {
    const held = board([summaryOf("c-1", { tags: ["bill"] }), summaryOf("c-2")]);
    held.tag(["c-1", "c-2"], "bill");
    held.actions.undo();
    expect(orders).toEqual([
      { do: "tag", add: ["bill"], remove: [] },
      { do: "tag", add: [], remove: ["bill"] },
    ]);
  });

  test("what is resolved opens the next of the list; e reopens what is resolved; a refusal says why", () => {
    const held = board([summaryOf("c-1"), summaryOf("c-2"), summaryOf("c-5", { status: "resolved" })]);
    held.open("c-1");
    held.toggleResolved("c-1");
    expect([later, held.route.value.client]).toEqual([[{ do: "resolve" }], "c-2"]);
    held.toggleResolved("c-5");
    expect(orders).toEqual([{ do: "reopen" }]);
    commandState.value = { refusal: { why: "wrong_state", text: "It is resolved already." } };
    expect(held.actions.refused.value?.texts).toEqual(["It is resolved already."]);
  });

  test("what is checked is acted on instead of what is open, and stays bounded", () => {
    const held = board([summaryOf("c-1"), summaryOf("c-2")]);
    held.open("c-1");
    expect(held.targets()).toEqual(["c-1"]);
    held.selection.toggle("c-2");
    expect(held.targets()).toEqual(["c-2"]);
    held.resolve(held.targets());
    expect([held.selection.clients.value, held.route.value.client]).toEqual([null, "c-1"]);
    held.selection.checkAll(Array.from({ length: MAX_CHECKED + 1 }, (_, n) => `c-${n}`));
    held.selection.toggle("c-x");
    expect(held.selection.size).toBe(MAX_CHECKED);
  });
});

test("a conversation is assigned only to members of its team and administrators, or moved to another one", () => {
  const north = { id: "t-north", name: "North", members: ["a-radu"] };
  const south = { id: "t-south", name: "South", members: ["a-eva"] };
  const teams = { mine: ["t-north"], areSeveral: true, of: () => north, state: { value: { teams: [north, south] } } };
  const held = board([summaryOf("c-1", { team: "t-north" })], teams);
  held.team.value = ["a-radu", "a-eva", "a-zoe"].map((id) => ({ id, name: id, admin: id === "a-zoe" }) as AgentRow);
  const keys = assignItems(held, boardTextsFor("en"), ["c-1"]).map(({ key }) => key);
  expect(keys).toEqual(["a-ana", "a-radu", "a-zoe", "nobody", "t-south"]);
  held.followAddress("#/c-1");
  const commands = choicesOf(held, boardTextsFor("en"), "assign", () => {}).map(({ key }) => key);
  expect(commands.filter((key) => key.startsWith("to-"))).toEqual(["to-me", "to-a-radu", "to-a-zoe", "to-nobody"]);
});

test("commands stand below headings, each with a picture, and with its key where one does the same", () => {
  const held = board([summaryOf("c-1", { name: "Maria Pop" }), summaryOf("g-7f3ac01d9be2")]);
  held.filter.value = "all";
  const t = boardTextsFor("en");
  const usual = choicesOf(held, t, "", () => {});
  expect([...new Set(usual.map(({ group }) => group))]).toEqual(["Clients", "Actions", "Pages"]);
  held.followAddress("#/c-1");
  const listed = choicesOf(held, t, "", () => {});
  expect([...new Set(listed.map(({ group }) => group))]).toEqual(["Maria Pop", "Clients", "Actions", "Pages"]);
  for (const { label, icon, picture, face } of [...usual, ...listed])
    expect(icon ?? picture ?? face, label).toBeDefined();
  expect(listed.flatMap(({ hotkey = [] }) => hotkey).join("")).toBe("rn;etc/x?");
  expect(listed.map(({ key }) => key)).not.toContain("high");
  expect(choicesOf(held, t, "priority", () => {}).map(({ key }) => key)).toEqual([
    ...["high", "normal", "low"],
    "search-for",
  ]);
});

test("words that are in no command lead to a search of the messages", () => {
  const held = board([summaryOf("c-1")]);
  held.followAddress("#/c-1");
  const found = choicesOf(held, boardTextsFor("en"), " water heater ", () => {});
  expect(found.map(({ label }) => label)).toEqual(["Search messages for “water heater”"]);
  found[0]?.run();
  expect([held.query.value, held.route.value.pane]).toEqual(["water heater", "list"]);
});

test("a name that begins as typed comes before a command that holds it inside a word, and people before commands", () => {
  const held = board([summaryOf("c-1", { name: "Ion Dumitru" }), summaryOf("c-2", { name: "Rea Pop" })]);
  const first = (text: string) => choicesOf(held, boardTextsFor("en"), text, () => {})[0]?.key;
  expect([first("ion"), first("conv"), first("re")]).toEqual(["c-1", "start", "c-2"]);
  held.followAddress("#/c-1");
  expect(first("ion")).toBe("c-1"); // also while it is open
  const keys = choicesOf(held, boardTextsFor("en"), "re", () => {}).map(({ key }) => key);
  expect(keys.slice(0, 3)).toEqual(["c-2", "reply", "canned"]);
});

test("a visitor without a name is found by what its row says", () => {
  const held = board([summaryOf("g-7f3ac01d9be2", { name: null })]);
  const [found] = choicesOf(held, boardTextsFor("en"), "visitor 7f3a", () => {});
  expect([found?.key, found?.label]).toEqual(["g-7f3ac01d9be2", "Visitor 7f3a"]);
});

test("a date field gets the agent's own time, and gives the same moment back", () => {
  for (const at of [Date.UTC(2026, 2, 29, 1, 30), Date.UTC(2026, 10, 29, 12, 0)])
    expect(new Date(localMinute(at)).getTime()).toBe(at);
});

test("each choice of a snooze has the same digit at every hour, without a gap", () => {
  const held = board([summaryOf("c-1")]);
  for (const hour of [0, 12, 17, 23]) {
    held.now.value = new Date(2026, 10, 30, hour, 45).getTime();
    const items = snoozeItems(held, boardTextsFor("en"), ["c-1"]);
    expect(items.map(({ hotkey }) => hotkey)).toEqual(["1", "2", "3", "4", "5"]);
    expect(items.find(({ key }) => key === "tomorrow")?.hotkey).toBe("3");
  }
});

test("a snooze ends in the future, on a morning or an evening", () => {
  for (const hour of [0, 8, 12, 17, 23]) {
    for (const day of [22, 23, 24, 28, 29]) {
      const now = new Date(2026, 10, day, hour, 45).getTime();
      const times = snoozeTimes(now);
      expect(times.tomorrow).toBeGreaterThan(now);
      expect(new Date(times.monday).getDay()).toBe(1);
      expect(times.monday).toBeGreaterThan(now);
      if (times.evening !== null) expect(times.evening).toBeGreaterThan(now);
      else expect(hour).toBeGreaterThanOrEqual(17);
    }
  }
});
