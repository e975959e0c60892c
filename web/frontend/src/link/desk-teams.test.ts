import "fake-indexeddb/auto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { kindOf, SUBSCRIBE, UNSUBSCRIBE } from "./broker.fixture.ts";
import {
  broker,
  close,
  desk,
  open,
  said,
  say,
  server,
  several,
  subscribed,
  summary,
  until,
} from "./desk-link.fixture.ts";
import type { Teams } from "./desk-teams.ts";
import { openStore } from "./store.ts";

afterEach(close);

describe("a desk of one team among several", () => {
  it("with several teams it hears its own inboxes, and the row of what is open; a change of teams is taken at once", async () => {
    await open(several);
    expect(subscribed()[0]).toContain("team/t-north/inbox/+");
    expect(subscribed()[0]).not.toContain("team/+/inbox/+");
    desk.open("c-9");
    await until(() => subscribed().flat().includes("team/t-north/+/c-9"));
    desk.stop();
    broker.stop();
    await open();
    const notice = { open: true, online: 2, agents: [], next: null, roll: "r1", teams: 2 };
    desk.open("c-9");
    desk.setShown("c-9");
    await until(() => server.asks.includes("/api/clients/c-9/log"));
    server.foreign = true; // the open conversation is another team's from now on
    say("notice/desk", notice);
    await until(() => subscribed().flat().includes("team/t-north/inbox/+"));
    await until(() => desk.left.value?.client === "c-9");
    server.foreign = false;
    expect(subscribed(UNSUBSCRIBE).flat()).toContain("team/+/inbox/+");
    expect(desk.teams.of({ team: "t-gone" }).id).toBe("t-desk");
    expect(subscribed().flat()).toContain("team/t-north/presence");
    expect(subscribed().flat()).not.toContain("desk/presence/+");
  });
  it("an administrator's board hears who looks at the conversations of every team, another agent's of its own teams", async () => {
    await open({ ...several, reads_all: true });
    expect(subscribed()[0]).toContain("team/+/presence");
    const radu = { id: "a-radu", state: "online", viewing: ["c-77"] };
    say("team/t-west/presence", { agents: [radu], all: true });
    await until(() => desk.agents.value["a-radu"]?.viewing.includes("c-77") === true);
    desk.stop();
    broker.stop();
    await open(several);
    expect(subscribed().flat()).not.toContain("team/+/presence");
  });
  it("with several teams the first members of the team mark as delivered what the notice's agents do not hear", async () => {
    const members = Array.from({ length: 13 }, (_, place) => `a-${String(place).padStart(2, "0")}`);
    const [general, north] = several.teams as [Teams["teams"][number], Teams["teams"][number]];
    await open({ ...several, teams: [general, north, { ...north, id: "t-large", members: [...members, "a-ana"] }] });
    const agents = [{ id: "a-abe", name: "Abe" }];
    say("notice/desk", { open: true, online: 40, agents, next: null, roll: "r1", teams: 2 });
    for (const [client, team] of [
      ["c-43", "t-large"],
      ["c-44", "t-north"],
    ] as const) {
      const last = { seq: 1, id: "m", from: client, at: 1, kind: "text", text: "hello" };
      say(`team/${team}/inbox/${client}`, summary(client, 1, { last, team }));
    }
    await until(() => said("support/c-44/read/a-ana").length === 1);
    expect(said("support/c-43/read/a-ana")).toEqual([]);
  });
  it("drops what moved to another team while there was no connection, and keeps what is still there", async () => {
    server.rows = [summary("c-42", 3, { team: "t-north" }), summary("c-43", 3, { team: "t-north" })];
    await open(several);
    desk.rows.firstLook({ summaries: server.rows, names: {}, cursor: null });
    server.rows = [summary("c-42", 3, { team: "t-north" })];
    broker.peer?.terminate();
    await until(() => desk.inbox.value.summaries["c-43"] === undefined);
    expect(Object.keys(desk.inbox.value.summaries)).toEqual(["c-42"]);
    server.rows = [summary("c-42", 3)];
  });
  it("with several teams it hears what is open, its rows' typing and the rows that concern the agent by its teams' topics", async () => {
    await open({ ...several, mine: ["t-north", "t-west"] });
    desk.open("c-42");
    desk.show(["c-43"]);
    const wanted = ["team/t-north/+/c-42", "team/t-west/+/c-42/+", "team/t-west/typing/c-43", "desk/row/a-ana"];
    await until(() => wanted.every((filter) => subscribed().flat().includes(filter)));
    expect(
      subscribed()
        .flat()
        .filter((filter) => filter.startsWith("support/")),
    ).toEqual([]);
    const [shown, entry] = [desk.open("c-42"), { seq: 1, id: "m1", from: "c-42", at: 1, kind: "text", text: "hello" }];
    await until(() => shown.view.value.empty);
    say("team/t-west/log/c-42", entry);
    say("team/t-west/typing/c-42", { on: true });
    await until(() => shown.view.value.items.length === 1);
    say("desk/row/a-ana", summary("c-77", 2, { team: "t-south" }));
    await until(() => desk.inbox.value.summaries["c-77"] !== undefined);
  });
  it("an administrator hears an open conversation in whichever team it is", async () => {
    await open({ ...several, reads_all: true });
    desk.open("c-42");
    await until(() => subscribed().flat().includes("team/+/+/c-42"));
  });
  it("drops a conversation that moves to another team, with what the browser keeps, and says so if it is on screen", async () => {
    await open(several);
    const conversation = desk.open("c-42");
    desk.setShown("c-42");
    await until(() => conversation.view.value.empty);
    const entry = { seq: 1, id: "m1", from: "c-42", at: 1, kind: "text", text: "a secret" };
    say("team/t-north/log/c-42", entry);
    await until(() => conversation.view.value.items.length === 1);
    say("team/t-north/inbox/c-42", summary("c-42", 4, { team: "t-north", name: "Maria" }));
    await until(() => desk.inbox.value.summaries["c-42"]?.rev === 4);
    const move = desk.commands.send("c-42", { do: "move", team: "t-desk" });
    say("team/t-north/inbox/c-42", { rev: 5, gone: true, did: [`a-ana/${move}`] });
    await until(() => desk.inbox.value.summaries["c-42"] === undefined);
    expect(desk.left.value).toEqual({ client: "c-42", name: "Maria", unsent: [] });
    expect(desk.commands.state(move).value).toBe("done");
    await until(() => subscribed(UNSUBSCRIBE).flat().includes("team/t-north/+/c-42"));
    await new Promise((done) => setTimeout(done, 600)); // the cache is written a while after the word
    const store = await openStore("a-ana");
    expect(await store.kept("c-42")).toBeNull();
    store.close();
    desk.rows.firstLook({ summaries: [summary("c-42", 4)], names: {}, cursor: null }); // a page from before
    expect(desk.inbox.value.summaries["c-42"]).toBeUndefined();
    say("team/t-north/inbox/c-42", summary("c-42", 6, { team: "t-north" }));
    await until(() => desk.inbox.value.summaries["c-42"]?.rev === 6);
  });
  it("gives the screen the unsent words of a conversation that moves to another team, refuses its commands, and sends neither", async () => {
    await open(several);
    const conversation = desk.open("c-42");
    await until(() => conversation.view.value.empty);
    conversation.say("not stored");
    const note = desk.commands.send("c-42", { do: "note", text: "a note" });
    await until(() => desk.inbox.value.pending.length === 1);
    say("team/t-north/inbox/c-42", { rev: 5, gone: true, did: [] });
    await until(() => desk.left.value !== null);
    expect(desk.commands.state(note).value).toMatchObject({ refusal: { why: "other_team" } });
    expect(desk.left.value).toEqual({ client: "c-42", name: "Maria Pop", unsent: ["not stored", "a note"] });
    expect(desk.inbox.value.pending).toEqual([]);
    const store = await openStore("a-ana");
    await vi.waitFor(async () => expect(await store.list()).toEqual([]));
    store.close();
  });
  it("asks for its teams when the broker, like RabbitMQ, closes its connection at a filter of others, and hears the new ones", async () => {
    await open();
    const greeted = broker.heard.length;
    broker.refuses = "team/+/inbox/+";
    broker.peer?.terminate();
    await until(() => broker.heard.slice(greeted).some((packet) => kindOf(packet) === SUBSCRIBE));
    await until(() => subscribed().at(-1)?.includes("team/t-north/inbox/+") === true);
    await until(() => desk.connection.value.state === "live");
    broker.refuses = null;
  });
  it("a conversation that REST refuses as another team's is left, and asked for once", async () => {
    await open(several);
    server.foreign = true;
    desk.setShown("c-9");
    desk.open("c-9");
    await until(() => desk.left.value?.client === "c-9");
    server.foreign = false;
    expect(server.asks.filter((path) => path === "/api/clients/c-9/log")).toHaveLength(1);
  });
});
