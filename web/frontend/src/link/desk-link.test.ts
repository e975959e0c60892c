import "fake-indexeddb/auto";
import { afterEach, describe, expect, it } from "vitest";
import { UNSUBSCRIBE } from "./broker.fixture.ts";
import { UNDO_MS } from "./desk-commands.ts";
import {
  broker,
  close,
  desk,
  open,
  said,
  say,
  server,
  subscribed,
  summary,
  until,
  words,
} from "./desk-link.fixture.ts";
import { OPEN } from "./desk-watch.ts";
import { readDraft, writeDraft } from "./drafts.ts";
import { openStore } from "./store.ts";

afterEach(close);

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
  it("knows the outages that stood before it came, and what MQTT says meanwhile is newer", async () => {
    server.standing = ["north", "south"].map((area) => ({ area, id: `n-${area}`, text: words }));
    let answer = (): void => {};
    server.asked = () => new Promise((done) => (answer = done));
    await open();
    say("notice/outage/south", { id: "n-end", text: null });
    say("notice/outage/west", { id: "n-west", text: words });
    await until(() => desk.notices.outages.value.west !== undefined);
    await until(() => (answer(), desk.notices.outages.value.north !== undefined));
    expect(Object.keys(desk.notices.outages.value).sort()).toEqual(["north", "west"]);
    [server.standing, server.asked] = [[], async () => {}];
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
    server.mentioning = [
      summary("c-9", 2, { status: "resolved", mentions: [{ agent: "a-ana", by: "a-radu", id: "n1" }] }),
    ];
    await open();
    await until(() => desk.inbox.value.summaries["c-9"] !== undefined);
    desk.setViewing("c-9");
    await until(() => said("desk/do/a-ana").length === 1);
    expect(said("desk/do/a-ana")[0]?.payload).toMatchObject({ do: "read", client: "c-9" });
    desk.setViewing("c-42"); // neither unread nor with a mention
    say("team/t-desk/inbox/c-42", summary("c-42", 4, { mentions: [{ agent: "a-ana", by: "a-radu", id: "n2" }] }));
    await until(() => said("desk/do/a-ana").length === 2);
    expect(said("desk/do/a-ana")[1]?.payload).toMatchObject({ do: "read", client: "c-42" });
    server.mentioning = [];
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
    await until(() => desk.names.value["a-ion"] === "Ion Dinu"); // the notice has the name that clients see
  });
  it("subscribes only to the conversations that were opened last, before it asks for what was said", async () => {
    await open();
    expect(subscribed().flat()).not.toContainEqual(expect.stringContaining("support/"));
    desk.open("c-1");
    await until(() => server.asks.includes("/api/clients/c-1/log"));
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
