// @vitest-environment happy-dom
import "fake-indexeddb/auto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openStore } from "../link/store.ts";
import { widgetTextsFor } from "../ui/messages.ts";
import { keepEarlyMessages } from "./before-sign-in.ts";
import { forget } from "./forget.ts";
import { describeDesk } from "./head.tsx";
import type { Host } from "./host.ts";
import { attach } from "./panel.tsx";
import { guestKeep, signInVisitor } from "./sign-in.ts";

const until = (fact: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(fact()).toBe(true), { timeout: 3_000, interval: 5 });
afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
  document.body.textContent = "";
});

const claims = (sub: string): string => `x.${btoa(JSON.stringify({ sub }))}.y`;
const kept = {
  epoch: "e",
  erased: null,
  entries: [],
  first: 1,
  markers: {},
  own: { delivered: 0, read: 0 },
  names: {},
  seenAtMs: null,
};

describe("who is here", () => {
  const t = widgetTextsFor("en");
  const notice = { open: true, online: 0, agents: [], next: null, roll: "r", replyS: null };
  it("is said in words, with how long an answer takes", () => {
    const agents = ["Ana", "Radu"].map((name, place) => ({ id: `a-${place}`, name }));
    expect(describeDesk({ ...notice, agents, replyS: 250 }, "live", t, 0)).toEqual({
      state: "online",
      text: "Ana and Radu are here",
      usual: "replies in 4 min",
      people: [
        { id: "a-0", name: "Ana" },
        { id: "a-1", name: "Radu" },
      ],
    });
    expect(describeDesk({ ...notice, agents }, "live", t, 0, 1)?.text).toBe("Ana is here");
    expect(describeDesk(notice, "live", t, 0)).toEqual({
      state: "away",
      text: "Nobody is here right now",
      usual: "Write to us at any time",
    });
    const desk = { ...notice, open: false, next: 60_000 };
    expect(describeDesk(desk, "live", t, 0)).toMatchObject({ state: "offline", usual: "Write to us at any time" });
    expect(describeDesk(null, "connecting", t, 0)).toBeNull();
  });
  it("says of a closed desk when it opens, in a few words", () => {
    const now = new Date(2026, 10, 28, 21).getTime();
    const back = (day: number, hour: number): string | undefined =>
      describeDesk({ ...notice, open: false, next: new Date(2026, 10, day, hour).getTime() }, "live", t, now)?.text;
    expect(back(28, 22)).toBe("Closed · back 22:00");
    expect(back(30, 8)).toBe("Closed · back Mon 08:00");
    expect(back(37, 8)).toBe("Closed · back Mon 7 Dec, 08:00");
  });
  it("never says that a desk without hours is closed", () => {
    expect(describeDesk({ ...notice, open: false, replyS: 250 }, "live", t, 0)).toEqual({
      state: "away",
      text: "Nobody is here right now",
      usual: "Write to us at any time",
    });
  });
  it.each(["offline", "refused"] as const)("is not said without a connection (%s)", (line) => {
    expect(describeDesk({ ...notice, agents: [{ id: "a-1", name: "Ana" }] }, line, t, 0)).toEqual({
      state: "offline",
      text: "No connection",
    });
  });
});

describe("a visit", () => {
  it("of another identity drops what was cached of the one before", async () => {
    const store = await openStore("c-1");
    await store.keep("c-1", kept);
    vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("no network")));
    await signInVisitor({ base: "", lang: "en", identity: claims("c-1"), identityUrl: null });
    expect(await store.kept("c-1")).not.toBeNull();
    await signInVisitor({ base: "", lang: "en", identity: claims("c-2"), identityUrl: null });
    expect(await store.kept("c-1")).toBeNull();
    store.close();
  });
  it("of a guest is the same guest's next time", () => {
    expect(guestKeep.load()).toBeNull();
    guestKeep.save({ id: "g-1", token: "t" });
    expect(guestKeep.load()).toEqual({ id: "g-1", token: "t" });
    localStorage.setItem("wattline/guest", "{broken");
    expect(guestKeep.load()).toBeNull();
  });
});

describe("a person who signed out", () => {
  it("is forgotten with cache, files and unsent messages; another person's stay", async () => {
    const fill = async (me: string) => {
      const store = await openStore(me);
      const said = { id: "m-1", kind: "text" as const, text: "unsent", sent: 1 };
      await store.change({ do: "add", item: { id: "m-1", client: me, atMs: 1, failed: null, said } });
      await store.keep(me, kept);
      await store.keepFile("m-1", new Blob(["x"]));
      localStorage.setItem(`wattline/rang/${me}`, "3");
      return store;
    };
    const [gone, stays] = [await fill("c-7"), await fill("c-8")];
    await forget("c-7");
    expect([await gone.list(), await gone.kept("c-7"), await gone.file("m-1")]).toEqual([[], null, undefined]);
    expect(Object.keys(localStorage)).toEqual(["wattline/rang/c-8"]);
    expect([(await stays.list()).length, await stays.kept("c-8")]).toEqual([1, kept]);
    gone.close();
    stays.close();
  });
});

describe("words said too early", () => {
  it("are drawn as sending, survive a reload, and are handed over once", () => {
    keepEarlyMessages(() => 1).say("hello");
    const again = keepEarlyMessages(() => 2);
    expect(again.view.value.items.map((item) => [item.text, item.tick])).toEqual([["hello", "sending"]]);
    expect(again.take()).toEqual(["hello"]);
    expect(again.take()).toEqual([]);
    expect(keepEarlyMessages(() => 3).view.value.items).toEqual([]);
  });
});

describe("the panel", () => {
  const stage = (): { host: Host; root: ShadowRoot; opens: boolean[]; unread: number[] } => {
    const element = document.createElement("div");
    document.body.append(element);
    const root = element.attachShadow({ mode: "open" });
    const place = document.createElement("div");
    root.append(place);
    const opens: boolean[] = [];
    const unread: number[] = [];
    const host: Host = {
      root,
      place,
      base: "",
      lang: "en",
      identity: claims("c-5"),
      identityUrl: null,
      worker: null,
      setUnread: (count) => unread.push(count),
      draft: "",
      isReopened: false,
      tell: () => undefined,
      setOpen: (open) => opens.push(open),
    };
    return { host, root, opens, unread };
  };
  it("opens without a server, keeps what is sent, and closes on Escape", async () => {
    vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("no network")));
    vi.stubGlobal("matchMedia", () => ({ matches: false }));
    const { host, root, opens } = stage();
    const panel = attach(host);
    panel.open();
    await until(() => root.querySelector("textarea") !== null);
    const field = root.querySelector("textarea") as HTMLTextAreaElement;
    field.value = "written in the dark";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await until(() => root.querySelector<HTMLButtonElement>(".wl-composer button[type=submit]")?.disabled === false);
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    await until(() => root.querySelector("[data-testid=message]")?.getAttribute("data-tick") === "sending");
    const store = await openStore("c-5");
    await vi.waitFor(async () =>
      expect((await store.list()).map((item) => item.said?.text)).toEqual(["written in the dark"]),
    );
    store.close();
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await until(() => root.querySelector("[data-testid=panel]") === null);
    expect(opens).toEqual([true, false]);
  });
  it("refuses a text of the page once the user has written another, for good", async () => {
    vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("no network")));
    vi.stubGlobal("matchMedia", () => ({ matches: false }));
    const { host, root } = stage();
    const panel = attach(host);
    panel.open();
    // Files are offered once it is known whose conversation it is.
    await until(() => root.querySelector("input[type=file]") !== null);
    const field = root.querySelector("textarea") as HTMLTextAreaElement;
    field.value = "my own words";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    host.draft = "the page's words";
    panel.prefill();
    expect([host.draft, field.value]).toEqual(["", "my own words"]);
    panel.end();
  });
  it.each([
    [false, "stays open when the page's history moves on a desktop", [true]],
    [true, "closes on a phone's Back", [true, false]],
  ])("(phone: %s) %s", async (isPhone, _, expected) => {
    vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("no network")));
    vi.stubGlobal("matchMedia", () => ({ matches: isPhone }));
    const { host, opens } = stage();
    const panel = attach(host);
    panel.open();
    expect(history.state?.wattline ?? false).toBe(isPhone);
    history.replaceState(null, ""); // as after Back, or at an #anchor
    dispatchEvent(new Event("popstate"));
    expect(opens).toEqual(expected);
    panel.end();
  });
  it("opens no connection for a user who is replaced before it could", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (url: string, { body }: { body: string }) => {
      // The panel of the test before this one goes on asking.
      if (url.startsWith("/second/")) asked.push(JSON.parse(body).identity);
      throw new TypeError("no network");
    });
    const { host, unread } = stage();
    let identity = claims("c-5");
    const panel = attach({
      ...host,
      base: "/second",
      get identity() {
        return identity;
      },
      setUnread(count) {
        unread.push(count);
        if (unread.length !== 2) return; // with nobody's conversation, then with the first one's
        identity = claims("c-6");
        queueMicrotask(() => panel.identify());
      },
    });
    await until(() => asked.length > 0);
    expect(asked).toEqual([claims("c-6")]);
  });
});
