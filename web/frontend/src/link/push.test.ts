/** @vitest-environment happy-dom */

import { afterEach, expect, it, vi } from "vitest";
import { keepRight, ownerHere, PushOff, type PushOptions, turnOff, turnOn } from "./push.ts";

const KEPT = "wattline/push";
const OLD = "AAAA";
const NEW = "BBBB";

/** Stand for a browser that is subscribed with this key; return its calls. */
function browser(key: string, end: () => Promise<boolean>): string[] {
  const calls: string[] = [];
  const subscription = {
    endpoint: "https://push/1",
    options: { applicationServerKey: Uint8Array.from(atob(key), (one) => one.charCodeAt(0)).buffer },
    toJSON: () => ({ endpoint: "https://push/1", keys: {} }),
    unsubscribe: async () => calls.push("unsubscribe") && (await end()),
  };
  const pushManager = {
    getSubscription: async () => subscription,
    subscribe: async ({ applicationServerKey }: { applicationServerKey: string }) => {
      calls.push(applicationServerKey);
      return subscription;
    },
  };
  const registration = { pushManager, active: {}, installing: null, waiting: null };
  vi.stubGlobal("Notification", { permission: "granted" });
  vi.stubGlobal("PushManager", class {});
  let turns: Promise<unknown> = Promise.resolve();
  vi.stubGlobal("navigator", {
    locks: { request: (_: string, step: () => Promise<unknown>) => (turns = turns.then(step, step)) },
    serviceWorker: { register: async () => registration, getRegistration: async () => registration },
  });
  localStorage.setItem(KEPT, JSON.stringify({ person: "c-1", scope: "/s/", id: "b-1", lang: "en" }));
  return calls;
}

const asC1 = (key: string | null): PushOptions => ({
  rest: { get: async () => ({ key, browsers: [{ id: "b-1" }] }), send: async () => ({ id: "b-2" }) } as never,
  me: "c-1",
  lang: "en",
  worker: "/worker.js",
  scope: "/s/",
  kept: KEPT,
});

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

it("subscribes anew where the server's key is another, though the server still lists the browser", async () => {
  const calls = browser(OLD, async () => true);
  expect(await keepRight(asC1(OLD))).toBe(true);
  expect(calls).toEqual([]);
  expect(await keepRight(asC1(NEW))).toBe(true);
  expect(calls).toEqual(["unsubscribe", NEW]);
});

it("says that push is off on the server", async () => {
  browser(OLD, async () => true);
  await expect(turnOn(asC1(null))).rejects.toThrow(PushOff);
});

it("remembers whom it notifies until the browser has unsubscribed", async () => {
  browser(OLD, async () => Promise.reject(new DOMException("no connection")));
  await expect(turnOff(KEPT, null)).rejects.toThrow("no connection");
  expect(ownerHere(KEPT)).toBe("c-1");
  browser(OLD, async () => true);
  await turnOff(KEPT, null);
  expect(ownerHere(KEPT)).toBeNull();
});

it("stays off where a visit was renewing when the person turned it off", async () => {
  const calls = browser(OLD, async () => true);
  let answer: (listed: unknown) => void = () => undefined;
  const slow = {
    ...asC1(NEW),
    rest: { ...asC1(NEW).rest, get: () => new Promise((done) => (answer = done)) } as never,
  };
  const visit = keepRight(slow);
  const off = turnOff(KEPT, asC1(NEW).rest);
  await vi.waitFor(() => expect(answer).toHaveLength(1));
  answer({ key: NEW, browsers: [] });
  await Promise.all([visit, off]);
  expect(ownerHere(KEPT)).toBeNull();
  expect(calls.at(-1)).toBe("unsubscribe");
});
