import "fake-indexeddb/auto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Broker, filtersOf, kindOf, PUBLISH, publish, SUBSCRIBE, saidIn, UNSUBSCRIBE } from "./broker.fixture.ts";
import { UNDO_MS } from "./desk-commands.ts";
import { Desk } from "./desk-link.ts";
import { ONE_TEAM, type Teams } from "./desk-teams.ts";
import { OPEN } from "./desk-watch.ts";
import { readDraft, writeDraft } from "./drafts.ts";
import type { Environment } from "./link.ts";
import { openStore } from "./store.ts";
import { pageTimers } from "./timers.ts";

const until = (fact: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(fact()).toBe(true), { timeout: 4_000, interval: 5 });
const environment: Environment = {
  now: () => Date.now(),
  steady: () => Date.now(),
  chance: () => 0,
  entropy: (size) => crypto.getRandomValues(new Uint8Array(size)),
  timers: pageTimers,
  watched: () => true,
  onReturn: () => () => {},
};
const summary = (client: string, rev: number, rest = {}) => ({
  client,
  rev,
  status: "open",
  assignee: null,
  priority: "normal",
  tags: [],
  unread: 0,
  last: null,
  name: "Maria Pop",
  online: true,
  waiting: null,
  notes: 0,
  until: null,
  did: [],
  delayed: [],
  mentions: [],
  question: null,
  answered: null,
  area: null,
  lang: null,
  team: null,
  ...rest,
});

let broker: Broker;
let desk: Desk;
const inbox = { summaries: [summary("c-42", 3)] };
const words = { en: "A cable is broken.", ro: "Un cablu este rupt." };
let standing: object[] = [];
let mentioning: object[] = [];
let asks: string[] = [];
let foreign = false;
let asked = async (): Promise<void> => {};
const several: Teams = {
  rev: 2,
  teams: [
    { id: "t-desk", name: "General", members: ["a-radu"] },
    { id: "t-north", name: "North", members: ["a-ana", "a-ion"] },
  ],
  mine: ["t-north"],
  reads_all: false,
};
async function open(teams: Teams = ONE_TEAM): Promise<Desk> {
  broker = await Broker.start();
  asks = [];
  vi.stubGlobal("fetch", async (url: string) => {
    const { pathname, searchParams } = new URL(url, "http://x");
    asks.push(pathname);
    if (pathname === "/api/session")
      return Response.json({
        id: "a-ana",
        username: "a-ana",
        password: "p",
        ws_url: broker.url,
        expires: Date.now() + 3_600_000,
        api_token: "b",
        api_expires: Date.now() + 3_600_000,
      });
    if (pathname === "/api/inbox")
      return Response.json({
        summaries: searchParams.has("mentions") ? mentioning : searchParams.get("status") ? [] : inbox.summaries,
        cursor: null,
        counts: {},
        names: { "a-radu": "Radu" },
        me: "a-ana",
      });
    if (pathname === "/api/teams") return Response.json(several);
    if (foreign && pathname.endsWith("/log"))
      return Response.json({ code: "other_team", detail: "The conversation is another team's." }, { status: 403 });
    if (pathname === "/api/outages") return Response.json({ outages: (await asked(), standing) });
    return Response.json({ entries: [], last: 0, first: 1, epoch: "e1", markers: {}, names: {} });
  });
  desk = new Desk({ apiBase: "", me: "a-ana", name: "Ana", csrf: "t", teams, environment });
  await desk.start();
  await until(() => desk.connection.value.state === "live" && desk.inbox.value.known);
  return desk;
}
const subscribed = (kind = SUBSCRIBE) => broker.heard.filter((packet) => kindOf(packet) === kind).map(filtersOf);
const said = (topic: string) =>
  broker.heard
    .filter((packet) => kindOf(packet) === PUBLISH)
    .map(saidIn)
    .filter((each) => each.topic === topic);
const say = (topic: string, payload: unknown, options = {}) =>
  broker.say(publish(topic, JSON.stringify(payload), { qos: 0, ...options }));
afterEach(async () => {
  await desk.stop();
  broker.stop();
  vi.unstubAllGlobals();
  const store = await openStore("a-ana");
  for (const { id } of await store.list()) await store.change({ do: "drop", id });
  store.close();
});

describe("a desk", () => {
  it("subscribes first, then takes the snapshot, and merges what comes by rev", async () => {
    await open();
    expect(subscribed()[0]).toContain("team/+/inbox/+");
    expect(desk.inbox.value.summaries["c-42"]?.rev).toBe(3);
    expect(desk.names.value).toMatchObject({ "a-ana": "Ana", "a-radu": "Radu" });
    say("team/t-desk/inbox/c-42", summary("c-42", 2, { unread: 9 }));
    say("team/t-desk/inbox/c-42", summary("c-42", 4, { unread: 1 }));
    await until(() => desk.inbox.value.summaries["c-42"]?.rev === 4);
    expect(desk.inbox.value.summaries["c-42"]?.unread).toBe(1);
  });
  it("knows the outages that stood before it came, and what the line says meanwhile is newer", async () => {
    standing = ["north", "south"].map((area) => ({ area, id: `n-${area}`, text: words }));
    let answer = (): void => {};
    asked = () => new Promise((done) => (answer = done));
    await open();
    say("notice/outage/south", { id: "n-end", text: null });
    say("notice/outage/west", { id: "n-west", text: words });
    await until(() => desk.notices.outages.value.west !== undefined);
    await until(() => (answer(), desk.notices.outages.value.north !== undefined));
    expect(Object.keys(desk.notices.outages.value).sort()).toEqual(["north", "west"]);
    [standing, asked] = [[], async () => {}];
  });
  it("several conversations are live at once", async () => {
    await open();
    const [one, two] = [desk.open("c-42"), desk.open("c-43")];
    expect(desk.open("c-42")).toBe(one);
    await until(() => one.view.value.empty && two.view.value.empty);
    for (const client of ["c-42", "c-43"])
      say(`support/${client}/log`, { seq: 1, id: "m1", from: client, at: 1, kind: "text", text: `I am ${client}` });
    await until(() => one.view.value.items.length === 1 && two.view.value.items.length === 1);
    expect([one, two].map((conversation) => conversation.view.value.items[0]?.text)).toEqual([
      "I am c-42",
      "I am c-43",
    ]);
    one.say("Hello");
    await until(() => said("support/c-42/msg/a-ana").length === 1);
    expect(said("support/c-42/read/a-ana").at(-1)?.payload).toEqual({ delivered: 1, read: 0 });
    one.setVisible(true);
    await until(() => said("support/c-42/read/a-ana").some(({ payload }) => payload.read === 1));
  });
  it("a command is ticked by the Summary that did it, and its refusal is told", async () => {
    await open();
    const id = desk.commands.send("c-42", { do: "resolve" });
    expect(desk.commands.state(id).value).toBe("sending");
    await until(() => said("desk/do/a-ana").length === 1);
    expect(said("desk/do/a-ana")[0]?.payload).toEqual({ do: "resolve", id, client: "c-42" });
    expect(desk.inbox.value.pending).toEqual(["c-42"]);
    say("team/t-desk/inbox/c-42", summary("c-42", 5, { status: "resolved", did: [`a-ana/${id}`] }));
    await until(() => desk.commands.state(id).value === "done");
    expect(desk.inbox.value.pending).toEqual([]);
    const other = desk.commands.send("c-42", { do: "snooze", until: 1 });
    await until(() => said("desk/do/a-ana").length === 2);
    say("desk/refused/a-ana", { id: other, why: "wrong_state", text: "It is resolved." });
    await until(() => typeof desk.commands.state(other).value === "object");
    expect(desk.commands.state(other).value).toEqual({ refusal: { why: "wrong_state", text: "It is resolved." } });
    await until(() => desk.inbox.value.pending.length === 0);
  });
  it("a command of later waits at the bridge, and undo withdraws it", async () => {
    await open();
    const id = desk.commands.later("c-42", { do: "resolve" });
    await until(() => said("desk/do/a-ana").length === 1);
    const sent = said("desk/do/a-ana")[0]?.payload;
    expect(sent).toEqual({ do: "resolve", id, client: "c-42", delay_ms: expect.any(Number) });
    expect(sent.delay_ms).toBeGreaterThan(UNDO_MS);
    const delayed = [{ agent: "a-ana", id, do: "resolve", at: 9_000 }];
    say("team/t-desk/inbox/c-42", summary("c-42", 5, { delayed, did: [`a-ana/${id}`] }));
    await until(() => desk.commands.state(id).value === "done");
    const cancel = desk.commands.undo("c-42", id);
    await until(() => said("desk/do/a-ana").length === 2);
    expect(said("desk/do/a-ana")[1]?.payload).toEqual({ do: "cancel", cancels: id, id: cancel, client: "c-42" });
  });
  it("a row that is told again for no command, or with a new name, tells that facts of its client changed", async () => {
    await open();
    const inbox = "team/t-desk/inbox/c-42";
    say(inbox, summary("c-42", 5));
    say(inbox, summary("c-42", 5, { did: ["a-ben/k1"] }));
    say(inbox, summary("c-42", 6, { unread: 1 }));
    await until(() => desk.inbox.value.summaries["c-42"]?.rev === 6);
    expect(desk.described.value).toBe(null);
    say(inbox, summary("c-42", 6, { unread: 1 }));
    await until(() => desk.described.value?.client === "c-42");
    desk.described.value = null;
    say(inbox, summary("c-42", 7, { name: "Maria P." }));
    await until(() => desk.described.value?.client === "c-42");
  });
  it("send and resolve: the words go at once, and the resolve follows once they are stored", async () => {
    await open();
    desk.open("c-42").say("solved");
    desk.commands.later("c-42", { do: "resolve" });
    await until(() => said("support/c-42/msg/a-ana").length === 1);
    expect(said("desk/do/a-ana")).toEqual([]);
    const { id } = said("support/c-42/msg/a-ana")[0]?.payload ?? {};
    say("support/c-42/log", { seq: 1, id, from: "a-ana", at: 1, kind: "text", text: "solved" });
    await until(() => said("desk/do/a-ana").length === 1);
  });
  it("undo drops a command that is not sent yet, and forbids it to the bridge all the same", async () => {
    await open();
    broker.stop();
    await until(() => desk.connection.value.state !== "live");
    const id = desk.commands.later("c-42", { do: "resolve" });
    const cancel = desk.commands.undo("c-42", id);
    const items = desk.open("c-42").state.outbox.items;
    expect(items.map((item) => item.id)).toEqual([cancel]);
  });
  it("what mentions the reader is asked for at each connection, and ends when the reader looks", async () => {
    mentioning = [summary("c-9", 2, { status: "resolved", mentions: [{ agent: "a-ana", by: "a-radu", id: "n1" }] })];
    await open();
    await until(() => desk.inbox.value.summaries["c-9"] !== undefined);
    desk.setViewing("c-9");
    await until(() => said("desk/do/a-ana").length === 1);
    expect(said("desk/do/a-ana")[0]?.payload).toMatchObject({ do: "read", client: "c-9" });
    desk.setViewing("c-42"); // neither unread nor with a mention
    say("team/t-desk/inbox/c-42", summary("c-42", 4, { mentions: [{ agent: "a-ana", by: "a-radu", id: "n2" }] }));
    await until(() => said("desk/do/a-ana").length === 2);
    expect(said("desk/do/a-ana")[1]?.payload).toMatchObject({ do: "read", client: "c-42" });
    mentioning = [];
  });
  it("its team's members are seen with what they look at; a whole list takes the place of what was known", async () => {
    await open();
    expect(subscribed()[0]).toContain("team/t-desk/presence");
    desk.setViewing("c-42");
    await until(() => said("desk/presence/a-ana").some(({ payload }) => payload.viewing === "c-42"));
    const [radu, mia] = [
      { id: "a-radu", state: "online", viewing: ["c-42"] },
      { id: "a-mia", state: "away" },
    ];
    say("team/t-desk/presence", { agents: [radu, mia, { id: "a-ana", state: "online" }], all: true });
    await until(() => desk.agents.value["a-radu"]?.viewing.includes("c-42") === true);
    expect(Object.keys(desk.agents.value)).toEqual(["a-radu", "a-mia"]);
    say("team/t-desk/presence", { agents: [{ id: "a-radu", state: "offline" }] });
    await until(() => desk.agents.value["a-radu"] === undefined);
    expect(desk.agents.value["a-mia"]?.state).toBe("away");
    say("team/t-desk/presence", { agents: [radu], all: true });
    await until(() => desk.agents.value["a-mia"] === undefined);
    say(
      "notice/desk",
      { open: true, agents: [{ id: "a-ion", name: "Ion" }], next: null, roll: "r1" },
      { retain: true },
    );
    await until(() => desk.agents.value["a-ion"]?.state === "online");
    expect(desk.names.value["a-ion"]).toBe("Ion");
  });
  it("subscribes only to the conversations that were opened last, before it asks for what was said", async () => {
    await open();
    expect(subscribed().flat()).not.toContainEqual(expect.stringContaining("support/"));
    desk.open("c-1");
    await until(() => asks.includes("/api/clients/c-1/log"));
    expect(subscribed().at(-1)).toContain("support/c-1/log");
    for (let place = 2; place <= OPEN + 1; place++) desk.open(`c-${place}`);
    await until(() => subscribed(UNSUBSCRIBE).flat().includes("support/c-1/log"));
    expect(subscribed(UNSUBSCRIBE).flat()).not.toContain("support/c-2/log");
    const last = `support/c-${OPEN + 1}/log`;
    await until(() => subscribed().flat().includes(last)); // comes after the UNSUBSCRIBE
    const count = subscribed().length;
    desk.commands.send("c-9999", { do: "resolve" }); // its tick is the row
    await until(() => said("desk/do/a-ana").length === 1);
    expect(subscribed().length).toBe(count);
  });
  it("closes the conversations beyond the last ones once their messages are stored", async () => {
    await open();
    desk.open("c-1").say("Hello");
    for (let place = 2; place <= OPEN + 2; place++) desk.open(`c-${place}`);
    await until(() => said("support/c-1/msg/a-ana").length === 1);
    expect(subscribed(UNSUBSCRIBE).flat()).not.toContain("support/c-1/log");
    const { id } = said("support/c-1/msg/a-ana")[0]?.payload ?? {};
    say("support/c-1/log", { seq: 1, id, from: "a-ana", at: 1, kind: "text", text: "Hello" });
    await until(() => subscribed(UNSUBSCRIBE).flat().includes("support/c-1/log"));
  });
  it("keeps the conversation on screen live while other tabs write to many clients", async () => {
    await open();
    desk.setShown("c-42");
    const shown = desk.open("c-42");
    await until(() => subscribed().flat().includes("support/c-42/log"));
    const other = await openStore("a-ana");
    for (let place = 1; place <= OPEN + 1; place++) {
      const said = { id: `o${place}`, kind: "text" as const, text: "x", sent: 0 };
      const item = { id: said.id, client: `c-${place}`, atMs: 0, said, failed: null };
      await other.change({ do: "add", item });
    }
    other.close();
    await until(() => desk.inbox.value.pending.length === OPEN + 1);
    expect(subscribed(UNSUBSCRIBE).flat()).not.toContain("support/c-42/log");
    expect(desk.open("c-42")).toBe(shown);
  });
  it("after a reconnect it hears the same conversations", async () => {
    await open();
    desk.open("c-42");
    await until(() => subscribed().length === 2);
    broker.peer?.terminate();
    await until(() => subscribed().length === 3);
    expect(subscribed()[2]).toContain("support/c-42/log");
  });
  it("the typing of rows on screen is heard, until their client has written", async () => {
    await open();
    desk.show(["c-42"]);
    await until(() => subscribed().at(-1)?.join() === "support/c-42/typing");
    say("support/c-42/typing", { on: true });
    await until(() => desk.inbox.value.composing["c-42"] !== undefined);
    const last = { seq: 1, id: "m", from: "c-42", at: 1, kind: "text", text: "hello" };
    say("team/t-desk/inbox/c-42", summary("c-42", 4, { last }));
    await until(() => desk.inbox.value.summaries["c-42"]?.rev === 4);
    expect(desk.inbox.value.composing["c-42"]).toEqual({});
    desk.show([]);
    await until(() => subscribed(UNSUBSCRIBE).flat().includes("support/c-42/typing"));
  });
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
    await until(() => asks.includes("/api/clients/c-9/log"));
    foreign = true; // the open conversation is another team's from now on
    say("notice/desk", notice);
    await until(() => subscribed().flat().includes("team/t-north/inbox/+"));
    await until(() => desk.left.value?.client === "c-9");
    foreign = false;
    expect(subscribed(UNSUBSCRIBE).flat()).toContain("team/+/inbox/+");
    expect(desk.teams.of({ team: "t-gone" }).id).toBe("t-desk");
    expect(subscribed().flat()).toContain("team/t-north/presence");
    expect(subscribed().flat()).not.toContain("desk/presence/+");
  });
  it("a client's words in a conversation that is not open are delivered here, and not read", async () => {
    await open();
    const row = (rev: number, seq: number, from: string) =>
      summary("c-43", rev, { last: { seq, id: `m${seq}`, from, at: 1, kind: "text", text: "hello" } });
    say("team/t-desk/inbox/c-43", row(1, 7, "c-43"));
    say("team/t-desk/inbox/c-43", row(2, 8, "c-43"));
    say("team/t-desk/inbox/c-43", row(3, 9, "a-radu"));
    await until(() => said("support/c-43/read/a-ana").length === 1);
    expect(said("support/c-43/read/a-ana")[0]?.payload).toEqual({ delivered: 8, read: 0 });
  });
  it("of many agents those that the notice names mark as delivered, and the assignee", async () => {
    await open();
    const agents = [{ id: "a-abe", name: "Abe" }];
    say("notice/desk", { open: true, online: 40, agents, next: null, roll: "r1" });
    const row = (client: string, assignee: string | null) =>
      summary(client, 1, { assignee, last: { seq: 1, id: "m", from: client, at: 1, kind: "text", text: "hello" } });
    say("team/t-desk/inbox/c-43", row("c-43", null));
    say("team/t-desk/inbox/c-44", row("c-44", "a-ana"));
    await until(() => said("support/c-44/read/a-ana").length === 1);
    expect(said("support/c-43/read/a-ana")).toEqual([]);
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
    inbox.summaries = [summary("c-42", 3, { team: "t-north" }), summary("c-43", 3, { team: "t-north" })];
    await open(several);
    desk.rows.firstLook({ ...inbox, names: {}, cursor: null });
    inbox.summaries = [summary("c-42", 3, { team: "t-north" })];
    broker.peer?.terminate();
    await until(() => desk.inbox.value.summaries["c-43"] === undefined);
    expect(Object.keys(desk.inbox.value.summaries)).toEqual(["c-42"]);
    inbox.summaries = [summary("c-42", 3)];
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
    foreign = true;
    desk.setShown("c-9");
    desk.open("c-9");
    await until(() => desk.left.value?.client === "c-9");
    foreign = false;
    expect(asks.filter((path) => path === "/api/clients/c-9/log")).toHaveLength(1);
  });
  it("what a broker kept of a chat is ignored", async () => {
    await open();
    const conversation = desk.open("c-42");
    await until(() => conversation.view.value.empty);
    say("support/c-42/log", { seq: 1, id: "m1", from: "c-42", at: 1, kind: "text", text: "stray" }, { retain: true });
    say("support/c-42/typing", { on: true });
    await until(() => conversation.view.value.typing.length === 1);
    expect(conversation.view.value.items).toEqual([]);
  });
  it("after the sign-out no word that was read or typed is in the browser, and what waits to be sent is", async () => {
    await open();
    const conversation = desk.open("c-42");
    await until(() => conversation.view.value.empty);
    say("support/c-42/log", { seq: 1, id: "m1", from: "c-42", at: 1, kind: "text", text: "a secret" });
    await until(() => conversation.view.value.items.length === 1);
    conversation.setDraft("half a secret");
    writeDraft("a-ana", "note/c-42", "a secret note");
    conversation.say("unsent");
    await until(() => conversation.view.value.pending === 1);
    await desk.stop(); // at once: the cache is written a while after the word
    const store = await openStore("a-ana");
    await new Promise((done) => setTimeout(done, 600));
    expect(await store.kept("c-42")).toBeNull();
    expect((await store.list()).map((item) => item.said?.text)).toEqual(["unsent"]);
    expect([desk.open("c-42").draft, readDraft("a-ana", "note/c-42")]).toEqual(["", ""]);
    store.close();
  });
  it("what an earlier visit left in the outbox is sent", async () => {
    const store = await openStore("a-ana");
    const item = {
      id: "m1",
      client: "c-77",
      atMs: 0,
      said: { id: "m1", kind: "text" as const, text: "left over", sent: 0 },
      failed: null,
    };
    await store.change({ do: "add", item });
    store.close();
    await open();
    await until(() => said("support/c-77/msg/a-ana").length === 1);
    say("support/c-77/log", { seq: 1, id: "m1", from: "a-ana", at: 1, kind: "text", text: "left over" });
    await until(() => desk.inbox.value.pending.length === 0);
  });
});
