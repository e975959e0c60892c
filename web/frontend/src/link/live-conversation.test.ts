import "fake-indexeddb/auto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Ask, type LogPage, NEWEST } from "../core/log.ts";
import type { ConversationView } from "../core/view.ts";
import type { Entry, Said } from "../protocol/payloads.ts";
import { TEST_ENVIRONMENT } from "./environment.fixture.ts";
import { LiveConversation } from "./live-conversation.ts";
import type { Rest } from "./rest.ts";
import { openStore, type Store } from "./store.ts";

const until = (fact: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(fact()).toBe(true), { timeout: 3_000, interval: 5 });

/** One browser's tab, beside a server that stores what it hears. */
class Tab {
  readonly published: { topic: string; payload: any }[] = [];
  readonly asked: Ask[] = [];
  line = true;
  constructor(
    readonly conversation: LiveConversation,
    readonly store: Store,
  ) {}
  static async open(server: Server, me = "c-42"): Promise<Tab> {
    const store = await openStore(me);
    let tab: Tab;
    const conversation = new LiveConversation({
      client: "c-42",
      me,
      environment: TEST_ENVIRONMENT,
      store,
      rest: { log: (_client: string, ask: Ask) => (tab.asked.push(ask), server.log(ask)) } as unknown as Rest,
      publish: (topic, payload) => {
        if (tab.line) tab.published.push({ topic, payload: JSON.parse(payload) });
        return tab.line;
      },
    });
    tab = new Tab(conversation, store);
    store.onChange(() => void store.list().then((list) => conversation.takeList(list)));
    await conversation.recall();
    return tab;
  }
  said(): Said[] {
    return this.published.filter(({ topic }) => topic === "support/c-42/msg").map(({ payload }) => payload);
  }
  texts(): string[] {
    return this.conversation.view.value.items.map((item) => item.text);
  }
  close(): void {
    this.conversation.close();
    this.store.close();
  }
}

class Server {
  entries: Entry[] = [];
  faults = 0;
  store(said: Said, from = "c-42"): Entry {
    const entry = {
      seq: this.entries.length + 1,
      id: said.id,
      from,
      at: said.sent,
      kind: said.kind,
      text: said.text,
    } as Entry;
    this.entries.push(entry);
    return entry;
  }
  async log(ask: Ask): Promise<LogPage> {
    if (this.faults-- > 0) throw new Error("unreachable");
    const entries =
      "after" in ask
        ? this.entries.slice(ask.after, ask.after + 500)
        : this.entries.filter((entry) => entry.seq < ask.before);
    return { entries, last: this.entries.length, first: 1, epoch: "e1", markers: {}, names: { "a-ana": "Ana" } };
  }
}

const tabs: Tab[] = [];
const open = async (server: Server): Promise<Tab> => {
  const tab = await Tab.open(server);
  tabs.push(tab);
  return tab;
};
afterEach(async () => {
  for (const tab of tabs.splice(0)) {
    for (const { id } of await tab.store.list()) await tab.store.change({ do: "drop", id });
    tab.close();
    await tab.store.forgetAll();
  }
});

/** What is drawn at each change of the view, from now on. */
function shownOf<T>(conversation: LiveConversation, look: (view: ConversationView) => T): T[] {
  const all: T[] = [];
  conversation.view.subscribe((view) => void all.push(look(view)));
  return all;
}

describe("a conversation", () => {
  it("publishes at once what is said, keeps it, and forgets it with its entry", async () => {
    const server = new Server();
    const tab = await open(server);
    tab.conversation.happen({ type: "online" });
    tab.conversation.say("hello");
    expect(tab.said().map((said) => said.text)).toEqual(["hello"]);
    expect(tab.conversation.view.value.items[0]?.tick).toBe("sending");
    await vi.waitFor(async () => expect((await tab.store.list()).length).toBe(1));
    tab.conversation.happen({ type: "entry", entry: server.store(tab.said()[0] as Said) });
    expect(tab.conversation.view.value.items[0]?.tick).toBe("stored");
    await vi.waitFor(async () => expect(await tab.store.list()).toEqual([]));
  });
  it("says the first of markers that rise fast at once and then the newest, and again what was refused", async () => {
    const server = new Server();
    const tab = await open(server);
    const marked = (): number[] =>
      tab.published.filter(({ topic }) => topic === "support/c-42/read").map(({ payload }) => payload.delivered);
    tab.conversation.happen({ type: "online" });
    await until(() => tab.conversation.state.log.known);
    for (let seq = 1; seq <= 50; seq++) {
      const said = { id: `m${seq}`, kind: "text", text: "hi", sent: 1 } as Said;
      tab.conversation.happen({ type: "entry", entry: server.store(said, "a-ana") });
    }
    expect(marked()).toEqual([1]);
    await until(() => marked().length > 1);
    expect(marked()).toEqual([1, 50]);
    tab.conversation.happen({ type: "refusal", refusal: { id: null, why: "too_fast", text: "", retryMs: 10 } });
    await until(() => marked().length > 2);
    expect(marked()).toEqual([1, 50, 50]);
  });
  it("what was written offline survives a reload and is sent in its order", async () => {
    const server = new Server();
    const before = await open(server);
    for (const text of ["one", "two", "three"]) before.conversation.say(text);
    expect(before.said()).toEqual([]);
    await vi.waitFor(async () => expect((await before.store.list()).length).toBe(3));
    before.close();
    const after = await open(server);
    expect(after.texts()).toEqual(["one", "two", "three"]);
    await new Promise((soon) => setTimeout(soon, 0));
    after.conversation.happen({ type: "online" });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6_000 });
    after.conversation.happen({ type: "tick" });
    for (const text of ["one", "two", "three"]) {
      const said = after.said().at(-1) as Said;
      expect(said.text).toBe(text);
      after.conversation.happen({ type: "entry", entry: server.store(said) });
    }
    vi.useRealTimers();
    await until(() => after.conversation.view.value.pending === 0);
    expect(after.texts()).toEqual(["one", "two", "three"]);
  });
  it("opens from the cache at once and then merges what the server has", async () => {
    const server = new Server();
    for (const id of ["m1", "m2"]) server.store({ id, kind: "text", text: id, sent: 1 }, "a-ana");
    const before = await open(server);
    before.conversation.happen({ type: "online" });
    await until(() => before.texts().length === 2);
    before.close();
    await vi.waitFor(async () => expect((await before.store.kept("c-42"))?.entries.length).toBe(2));
    server.store({ id: "m3", kind: "text", text: "m3", sent: 1 }, "a-ana");
    const after = await open(server);
    expect(after.texts()).toEqual(["m1", "m2"]);
    expect(after.conversation.view.value.loading).toBe(false);
    after.conversation.happen({ type: "online" });
    expect(after.asked).toEqual([{ after: 2 }]);
    await until(() => after.texts().length === 3);
    expect(after.conversation.view.value.items[0]?.name).toBe("Ana");
  });
  it("asks again when the server was not reached", async () => {
    const server = new Server();
    server.faults = 1;
    server.store({ id: "m1", kind: "text", text: "m1", sent: 1 }, "a-ana");
    const tab = await open(server);
    tab.conversation.happen({ type: "online" });
    await vi.waitFor(() => expect(tab.texts()).toEqual(["m1"]), { timeout: 4_000 });
    expect(tab.asked.length).toBe(2);
  });
  it("two tabs share one list: each shows both messages, one sends, and a tick clears both", async () => {
    const server = new Server();
    const one = await open(server);
    const two = await open(server);
    for (const tab of [one, two]) tab.conversation.happen({ type: "online" });
    one.conversation.say("from one");
    await until(() => two.texts().includes("from one"));
    two.conversation.say("from two");
    await until(() => one.texts().includes("from two"));
    expect(one.texts()).toEqual(["from one", "from two"]);
    expect(two.texts()).toEqual(["from one", "from two"]);
    expect(one.said().map((said) => said.text)).toEqual(["from one"]);
    expect(two.said()).toEqual([]);
    const first = server.store(one.said()[0] as Said);
    for (const tab of [one, two]) tab.conversation.happen({ type: "entry", entry: first });
    expect(two.said().map((said) => said.text)).toEqual(["from two"]);
    const second = server.store(two.said()[0] as Said);
    for (const tab of [one, two]) tab.conversation.happen({ type: "entry", entry: second });
    await vi.waitFor(async () => expect(await one.store.list()).toEqual([]));
    await until(() => one.conversation.view.value.pending + two.conversation.view.value.pending === 0);
    expect(one.texts()).toEqual(["from one", "from two"]);
  });
  it("says an unticked message again after 3 s, though the wall's clock was set back by days meanwhile", async () => {
    const clock = { wall: 100 * 86_400_000, steady: 0 };
    const due: { ms: number; run: () => void }[] = [];
    const published: number[] = [];
    const store = await openStore("c-45");
    const conversation = new LiveConversation({
      client: "c-45",
      me: "c-45",
      environment: {
        ...TEST_ENVIRONMENT,
        now: () => clock.wall,
        steady: () => clock.steady,
        timers: { after: (ms, run) => (due.push({ ms, run }), () => {}) },
      },
      store,
      rest: { log: () => new Promise(() => {}) } as unknown as Rest,
      publish: (topic) => (topic.endsWith("/msg") && published.push(clock.steady), true),
    });
    conversation.happen({ type: "online" });
    conversation.say("still there?");
    clock.wall -= 3 * 86_400_000;
    clock.steady += 3_000;
    const wake = due.find(({ ms }) => ms === 3_000);
    wake?.run();
    expect(published).toEqual([0, 3_000]);
    conversation.close();
    store.close();
  });
  it("shows what came in a long absence together, though it came in several pages", async () => {
    const server = new Server();
    server.store({ id: "m0", kind: "text", text: "m0", sent: 1 }, "a-ana");
    const tab = await open(server);
    tab.conversation.happen({ type: "online" });
    await until(() => tab.texts().length === 1);
    tab.conversation.happen({ type: "offline", closed: true });
    for (let place = 1; place <= 501; place++)
      server.store({ id: `m${place}`, kind: "text", text: `m${place}`, sent: 1 }, "a-ana");
    const lengths = shownOf(tab.conversation, ({ items }) => items.length);
    tab.conversation.happen({ type: "online" });
    await until(() => tab.texts().length === 502);
    expect(tab.asked.slice(1)).toEqual([{ after: 1 }, { after: 501 }]);
    expect(new Set(lengths)).toEqual(new Set([1, 502]));
  });
  it("shows the first page of a long absence by itself where the next one does not come", async () => {
    const server = new Server();
    const tab = await open(server);
    server.store({ id: "m0", kind: "text", text: "m0", sent: 1 }, "a-ana");
    tab.conversation.happen({ type: "online" });
    await until(() => tab.texts().length === 1);
    tab.conversation.happen({ type: "offline", closed: true });
    for (let place = 1; place <= 501; place++)
      server.store({ id: `m${place}`, kind: "text", text: `m${place}`, sent: 1 }, "a-ana");
    const page = server.log.bind(server);
    server.log = (ask) => ("after" in ask && ask.after === 501 ? new Promise(() => {}) : page(ask));
    tab.conversation.happen({ type: "online" });
    await until(() => tab.texts().length === 501);
  });
  it("of 500 words in a burst shows the first at once, and the others in few showings, none lost", async () => {
    const server = new Server();
    const tab = await open(server);
    tab.conversation.happen({ type: "online" });
    await until(() => tab.conversation.view.value.empty);
    const lengths = shownOf(tab.conversation, ({ items }) => items.length);
    const began = Date.now();
    for (let place = 0; place < 500; place++)
      tab.conversation.happen({
        type: "entry",
        entry: server.store({ id: `m${place}`, kind: "text", text: `m${place}`, sent: 1 }, "a-ana"),
      });
    const frames = (Date.now() - began) / 16;
    await until(() => tab.texts().length === 500);
    expect(lengths.slice(0, 2)).toEqual([0, 1]);
    expect(lengths.length).toBeLessThan(10 + frames);
  });
  it("leaves as much time as the screen took to be drawn, so that a slow one is not all that is done", async () => {
    const clock = { ms: 1_000 };
    const due = new Set<{ atMs: number; run: () => void }>();
    const after = (ms: number, run: () => void): (() => void) => {
      const timer = { atMs: clock.ms + ms, run };
      due.add(timer);
      return () => due.delete(timer);
    };
    const store = await openStore("c-46");
    const conversation = new LiveConversation({
      client: "c-46",
      me: "c-46",
      environment: { ...TEST_ENVIRONMENT, steady: () => clock.ms, timers: { after } },
      store,
      rest: { log: () => new Promise(() => {}) } as unknown as Rest,
      publish: () => true,
    });
    const page = { entries: [], last: 0, first: 1, epoch: "e1", markers: {}, names: {} };
    conversation.happen({ type: "page", asked: { before: NEWEST }, page });
    const drawn: number[] = [];
    const slow = (count: number): void => {
      clock.ms += 60;
      drawn.push(count);
    };
    conversation.view.subscribe(({ items }) => items.length > 0 && queueMicrotask(() => slow(items.length)));
    const server = new Server();
    for (let place = 1; place <= 50; place++) {
      const said: Said = { id: `m${place}`, kind: "text", text: `m${place}`, sent: 1 };
      conversation.happen({ type: "entry", entry: server.store(said, "a-ana") });
      await new Promise((next) => setTimeout(next, 0)); // what waits in this moment is done
      clock.ms += 5;
      for (const timer of [...due].filter(({ atMs }) => atMs <= clock.ms)) due.delete(timer) && timer.run();
      await new Promise((next) => setTimeout(next, 0));
    }
    // 250 ms between the words: a pause of 60 ms after each drawing lets in one at once and four more.
    expect(drawn.length).toBeLessThanOrEqual(5);
    expect(drawn[0]).toBe(1);
    conversation.close();
    store.close();
  });
  it("shows nothing anew for what reached another screen of the same person", async () => {
    const server = new Server();
    for (const id of ["m1", "m2"]) server.store({ id, kind: "text", text: id, sent: 1 }, "a-ana");
    const tab = await open(server);
    tab.conversation.happen({ type: "online" });
    await until(() => tab.texts().length === 2);
    const unread = shownOf(tab.conversation, (view) => view.unread);
    for (const delivered of [3, 4, 5])
      tab.conversation.happen({ type: "marker", reader: "c-42", marker: { delivered, read: 0 } });
    await new Promise((next) => setTimeout(next, 50));
    expect(unread).toEqual([2]);
    tab.conversation.happen({ type: "marker", reader: "c-42", marker: { delivered: 5, read: 1 } });
    await until(() => unread.at(-1) === 1);
  });
  it("never shows that somebody types beside the words that ended it, in a burst either", async () => {
    const server = new Server();
    const tab = await open(server);
    tab.conversation.happen({ type: "online" });
    await until(() => tab.conversation.view.value.empty);
    const shown = shownOf(
      tab.conversation,
      ({ items, typing }) => `${items.length}${typing.length > 0 ? " typing" : ""}`,
    );
    for (let place = 0; place < 3; place++) {
      tab.conversation.happen({ type: "typing", sender: "a-ana", on: true });
      const said: Said = { id: `m${place}`, kind: "text", text: `m${place}`, sent: 1 };
      tab.conversation.happen({ type: "entry", entry: server.store(said, "a-ana") });
    }
    await until(() => shown.at(-1) === "3");
    expect(shown.filter((each) => each.endsWith("typing"))).toEqual(["0 typing", "1 typing", "2 typing"]);
    expect(shown.indexOf("1")).toBeLessThan(shown.indexOf("1 typing"));
  });
  it("a draft is kept for its identity alone", async () => {
    const tab = await open(new Server());
    tab.conversation.setDraft("half a sen");
    expect(tab.conversation.draft).toBe("half a sen");
    const other = await Tab.open(new Server(), "g-7f3a");
    expect(other.conversation.draft).toBe("");
    other.close();
    tab.conversation.setDraft("");
  });
});
