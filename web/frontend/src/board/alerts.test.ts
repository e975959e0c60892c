import { signal } from "@preact/signals";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Summary } from "../core/inbox.ts";
import { Alerts, type BrowserAlerts } from "./alerts.ts";

let told: string[] = [];
let watched = false;
let stored: Record<string, string> = {};
let permission: NotificationPermission | null = "granted";
const browser: BrowserAlerts = {
  permission: () => permission,
  ask: async () => (permission = permission === "default" ? "granted" : (permission ?? "denied")),
  notify: (title, text) => told.push(`${title}: ${text}`),
  beep: () => told.push("beep"),
  push: (isOn) => told.push(`push ${isOn}`),
  watched: () => watched,
  write: (key, text) => (stored[key] = text),
  read: (key) => stored[key] ?? "",
};
const summary = (client: string, seq: number, more: Partial<Summary> = {}): Summary =>
  ({
    client,
    assignee: null,
    did: [],
    delayed: [],
    mentions: [],
    question: null,
    answered: null,
    area: null,
    lang: null,
    unread: seq,
    name: client,
    last: { seq, id: `${seq}`, from: client, at: 1, kind: "text", text: `word ${seq}` },
    ...more,
  }) as Summary;

const rows = signal<Readonly<Record<string, Summary>>>({});
const known = signal(true);
let live: Summary | null = null;
const alerts = (): Alerts =>
  new Alerts(browser, {
    me: "a-ana",
    summaries: () => rows.value,
    known: () => known.value,
    nameOf: (row) => row.name ?? "",
    wordsOf: (row) => row.last?.text ?? "",
    isLive: (row) => row === live,
    handedOver: "assigned to you",
    mentionsYou: "mentioned",
    open: () => undefined,
  });
/** The connection brings the row, as the desk's inbox says. */
const hearLive = async (row: Summary): Promise<void> => {
  live = row;
  await hear(row);
  live = null;
};
const hear = async (...some: Summary[]): Promise<void> => {
  rows.value = { ...rows.peek(), ...Object.fromEntries(some.map((row) => [row.client, row])) };
  await vi.advanceTimersByTimeAsync(10);
};

beforeEach(() => {
  vi.useFakeTimers();
  [told, watched, stored, permission] = [[], false, { "wl-notify": "on" }, "granted"];
  rows.value = { "c-1": summary("c-1", 1), "c-2": summary("c-2", 1, { assignee: "a-radu" }), "c-9": summary("c-9", 1) };
  known.value = true;
  return () => vi.useRealTimers();
});

describe("alerts", () => {
  test("a client's word rings once, with who and what; nothing rings for what was there already", async () => {
    const held = alerts();
    expect(told).toEqual([]);
    await hear(summary("c-1", 2));
    expect(told).toEqual(["beep", "c-1: word 2"]);
    held.stop();
  });

  test("a colleague's conversation, an agent's word, a later page of the list and a watched board are silent", async () => {
    const held = alerts();
    await hear(summary("c-2", 2, { assignee: "a-radu" }));
    await hear(summary("c-1", 2, { last: { seq: 2, id: "2", from: "a-radu", at: 1, kind: "text", text: "x" } }));
    await hear(summary("c-3", 7));
    watched = true;
    await hear(summary("c-1", 3));
    expect(told).toEqual([]);
    held.stop();
  });

  test("the first words of a client whom the board does not know ring, once for all tabs", async () => {
    const [held, otherTab] = [alerts(), alerts()];
    const locks = vi.fn();
    vi.stubGlobal("navigator", {
      locks: {
        request: async (name: string, _: object, run: (lock: object | null) => Promise<void>) => {
          locks(name);
          await run(locks.mock.calls.filter(([each]) => each === name).length === 1 ? {} : null);
        },
      },
    });
    await hearLive(summary("c-new", 2));
    expect(told).toEqual(["beep", "c-new: word 2"]);
    expect(locks.mock.calls).toEqual([["wattline/alert/c-new/2"], ["wattline/alert/c-new/2"]]);
    vi.unstubAllGlobals();
    held.stop();
    otherTab.stop();
  });

  test("being assigned by a colleague rings; what I take myself, by an order or an answer, does not", async () => {
    const held = alerts();
    await hearLive(summary("c-1", 1, { assignee: "a-ana", did: ["a-radu/k1"] }));
    expect(told).toEqual(["beep", "c-1: assigned to you"]);
    told = [];
    await hearLive(summary("c-9", 1, { assignee: "a-ana", did: ["a-ana/k2"] }));
    await hearLive(
      summary("c-2", 2, {
        assignee: "a-ana",
        last: { seq: 3, id: "3", from: "a-ana", at: 1, kind: "text", text: "x" },
      }),
    );
    await hear(summary("c-8", 1, { assignee: "a-ana" })); // a page of the list
    expect(told).toEqual([]);
    held.stop();
  });

  test("a note that mentions the agent rings once, in a colleague's conversation too", async () => {
    const held = alerts();
    const mentions = [{ agent: "a-ana", by: "a-radu", id: "n1" }];
    await hearLive(summary("c-2", 1, { assignee: "a-radu", mentions }));
    await hearLive(summary("c-2", 1, { assignee: "a-radu", mentions, notes: 2 }));
    await hear(summary("c-8", 1, { mentions })); // a page of the list
    expect(told).toEqual(["beep", "c-2: mentioned"]);
    held.stop();
  });

  test("both can be turned off, and stay so", async () => {
    const held = alerts();
    held.toggleSound();
    await held.toggleNotices();
    await hear(summary("c-1", 2));
    expect([told, stored]).toEqual([["push false"], { "wl-notify": "", "wl-sound": "off" }]);
    held.stop();
    const again = alerts();
    expect([again.sound.value, again.notices.value]).toEqual([false, "off"]);
    again.stop();
  });

  test("nobody is notified without having said so at a button; what the browser forbids is told", async () => {
    [stored, permission] = [{}, "default"];
    const held = alerts();
    await hear(summary("c-9", 2)); // a lock of its own: the other tabs' is held for a while
    expect(told).toEqual(["beep"]);
    await held.toggleNotices();
    expect([held.notices.value, stored]).toEqual(["on", { "wl-notify": "on" }]);
    expect(told).toEqual(["beep", "push true"]);
    held.stop();
    permission = "denied";
    expect(alerts().notices.value).toBe("refused");
    permission = null;
    expect(alerts().notices.value).toBe("impossible");
  });
});
