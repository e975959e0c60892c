// @vitest-environment happy-dom
import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ClientLink } from "../link/client-link.ts";
import { openStore } from "../link/store.ts";
import type { PortalApi } from "./api.ts";
import { attach, forget } from "./panel.tsx";

/** The address of the real panel, at which the launcher may append a query. */
const PANEL = "data:text/javascript,export const { attach, forget } = globalThis.panel //";
const until = (fact: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(fact()).toBe(true), { timeout: 3_000, interval: 5 });
const claims = (sub: string): string => `x.${btoa(JSON.stringify({ sub }))}.y`;
const chat = (): HTMLElement | null => document.querySelector("wattline-chat");
const panel = (): HTMLElement | null => chat()?.shadowRoot?.querySelector<HTMLElement>("[data-testid=panel]") ?? null;
const attached = vi.fn(attach);
let idle: (() => void)[] = [];
let api: PortalApi;

/** As far as the launcher uses it. */
class UnansweredRequest {
  open(): void {}
  setRequestHeader(): void {}
  send(): void {}
}

beforeEach(async () => {
  idle = [];
  vi.stubGlobal("panel", { attach: attached, forget });
  vi.stubGlobal("__PANELS__", { en: PANEL, ro: PANEL, de: PANEL });
  vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("no network")));
  vi.stubGlobal("XMLHttpRequest", UnansweredRequest);
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  vi.stubGlobal("requestIdleCallback", (run: () => void) => idle.push(run));
  const script = document.createElement("script");
  Object.defineProperty(script, "src", { value: "https://chat.example/widget.js" });
  script.dataset.lang = "en";
  Object.defineProperty(document, "currentScript", { configurable: true, value: script });
  vi.resetModules();
  await import("./launcher.ts");
  api = window.Wattline as PortalApi;
});
afterEach(async () => {
  await api.shutdown();
  delete window.Wattline;
  localStorage.clear();
  attached.mockClear();
  vi.unstubAllGlobals();
});

describe("a hidden chat", () => {
  it("is shown by every way that opens it, and none other", async () => {
    api.hide();
    expect(chat()?.hidden).toBe(true);
    for (const open of [
      () => api.open(),
      () => api.toggle(),
      () => void document.dispatchEvent(new Event("wattline:open")),
      // A press on a notification of the open page.
      () => void attached.mock.results[0]?.value.open(),
    ]) {
      open();
      await until(() => panel() !== null);
      expect(chat()?.hidden).toBe(false);
      api.hide();
      await until(() => panel() === null);
      expect(chat()?.hidden).toBe(true);
    }
    api.open();
    await until(() => panel() !== null);
    api.lang("de");
    api.hide();
    await until(() => panel() === null);
    expect(chat()?.hidden).toBe(true);
  });
  it("reads nothing", async () => {
    const seen = vi.spyOn(ClientLink.prototype, "setVisible");
    api.identify(claims("c-1"));
    api.open();
    await until(() => seen.mock.lastCall?.[0] === true);
    api.hide();
    await until(() => seen.mock.lastCall?.[0] === false);
    seen.mockRestore();
  });
});

describe("the question to whoever leaves", () => {
  it("is asked after the person's own closing, not after the page's hiding or at another's sign-in", async () => {
    const entry = { seq: 1, id: "m-1", from: "c-1", kind: "text", text: "Why so much?", at: 1 } as const;
    const own = { delivered: 0, read: 0 };
    const store = await openStore("c-1");
    await store.keep("c-1", {
      epoch: "e",
      erased: null,
      entries: [entry],
      first: 1,
      markers: {},
      own,
      names: {},
      seenAtMs: null,
    });
    const started = vi.spyOn(ClientLink.prototype, "start");
    const asks = (): boolean => chat()?.shadowRoot?.querySelector(".wl-apart") !== null;
    const close = async (how: () => void): Promise<void> => {
      how();
      await until(() => panel() === null);
    };
    const open = async (): Promise<void> => {
      api.open();
      await until(() => panel() !== null);
    };
    await open(); // as a guest
    await close(api.close);
    const before = started.mock.calls.length;
    api.identify(claims("c-1"));
    await until(() => started.mock.calls.length > before);
    expect(asks()).toBe(false);
    await open();
    await close(api.hide);
    api.show();
    document.dispatchEvent(new Event("visibilitychange")); // draws again
    await Promise.resolve();
    expect(asks()).toBe(false);
    await open();
    await close(api.close);
    expect(asks()).toBe(true);
    started.mockRestore();
    store.close();
  });
});

describe("a chat that was shut down", () => {
  it("loads nothing that was put off, and starts as the next person's", async () => {
    localStorage.setItem("wattline/used", "1"); // another person was here
    api.identify(claims("c-1"));
    expect(idle).toHaveLength(1);
    await api.shutdown();
    for (const run of idle) run();
    await api.shutdown(); // waits for what loads
    expect(attached).not.toHaveBeenCalled();
    api.identify(claims("c-2"));
    api.open();
    await until(() => panel() !== null);
    expect(attached).toHaveBeenCalledTimes(1);
  });
  it("does not load for a change of language under way", async () => {
    api.open();
    await until(() => panel() !== null);
    api.close();
    await until(() => panel() === null);
    localStorage.setItem("wattline/used", "1");
    api.lang("de");
    await api.shutdown();
    expect(idle).toEqual([]);
  });
  it("keeps language, theme and hiding for its next start", async () => {
    await api.shutdown();
    api.lang("ro");
    api.theme("dark");
    api.hide();
    api.identify(null);
    expect([chat()?.hidden, chat()?.dataset.theme]).toEqual([true, "dark"]);
    api.open();
    await until(() => panel() !== null);
    expect(attached.mock.calls[0]?.[0].lang).toBe("ro");
  });
  it("tells the page nothing of the person any more", async () => {
    const periods: unknown[] = [];
    api.open();
    await until(() => attached.mock.calls.length > 0);
    attached.mock.calls[0]?.[0].tell("period", { meter: "m-1", from: 1, to: 2 });
    await api.shutdown();
    api.on("period", (period) => periods.push(period));
    expect(periods).toEqual([null]);
  });
});

describe("a page whose body is replaced", () => {
  it("has the open chat in the top layer again", async () => {
    api.open();
    await until(() => panel() !== null);
    const raised: unknown[] = [];
    HTMLElement.prototype.showPopover = function () {
      raised.push(this.dataset.testid);
    };
    document.body.textContent = "";
    api.update();
    expect(raised).toEqual(["launcher", "panel"]);
    Reflect.deleteProperty(HTMLElement.prototype, "showPopover");
  });
});

describe("the page of an app", () => {
  it("closes the chat on Back at any width, and tells the app", async () => {
    const told: unknown[] = [];
    vi.stubGlobal("WattlineApp", { postMessage: (text: string) => told.push(JSON.parse(text)) });
    vi.spyOn(document.head, "append").mockReturnValueOnce(); // the launcher is loaded above
    await import("./webview.ts");
    document.dispatchEvent(new Event("wattline:ready"));
    await until(() => panel() !== null);
    expect(history.state).toEqual({ wattline: true });
    history.replaceState(null, ""); // as after Back
    dispatchEvent(new Event("popstate"));
    await until(() => panel() === null);
    expect(told.at(-1)).toEqual({ type: "open", value: false });
  });
});

describe("a draft of the page", () => {
  it("is not shown to another person", async () => {
    api.identify(claims("c-1"));
    api.open("About my bill");
    await until(() => attached.mock.calls.length === 1);
    const host = attached.mock.calls[0]?.[0];
    if (host) host.draft = "Still waiting";
    api.identify(claims("c-2"));
    expect(host?.draft).toBe("");
  });
  it("of a page that signs its visitor in afterwards stays", async () => {
    api.prefill("About my bill");
    api.identify(claims("c-1"));
    api.open();
    await until(() => chat()?.shadowRoot?.querySelector("textarea")?.value === "About my bill");
  });
});
