// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, test, vi } from "vitest";
import { LANGS, textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import { NOW } from "../board.fixture.ts";
import type { Board } from "../state.ts";
import { OutboundPage } from "./outbound.tsx";

const t = pageTextsFor("en");
const HOOK = { id: "wh-1", url: "https://a.example/", events: ["message.created"], off: "410 Gone", created: NOW };
const FAILED = {
  ...{ num: 7, id: "msg_7", destination: "webhook/wh-1", event: "message.created", client: "c-42", state: "failed" },
  ...{ at: NOW, due: NOW, tries: 20, error: "503", reason: null, done: NOW },
};
const DROPPED = { ...FAILED, num: 9, state: "dropped", error: "by hand" };
const WAITING = { ...FAILED, num: 8, id: "msg_8", state: "waiting", tries: 1, due: NOW + 60_000 };

/** Draw the page; return its root and what was sent. */
async function drawn(webhooks: unknown = { webhooks: [HOOK] }) {
  const answers: Record<string, unknown> = {
    "/api/webhooks": webhooks,
    "/api/outbound": { queues: [{ destination: "webhook/wh-1", waiting: 2, failed: 1, oldest: NOW - 60_000 }] },
    "/api/outbound/deliveries?state=failed": { deliveries: [FAILED], next: null },
    "/api/outbound/deliveries?state=waiting": { deliveries: [WAITING], next: null },
    "/api/outbound/deliveries?state=sent": { deliveries: [], next: null },
    "/api/outbound/deliveries?state=dropped": { deliveries: [DROPPED], next: null },
  };
  const sent: unknown[][] = [];
  const rest = {
    get: async (path: string) => answers[path],
    send: async (...asked: unknown[]) => {
      sent.push(asked);
      return { webhook: HOOK, secret: "whsec_new", delivery: "msg_8" };
    },
  };
  const menu = signal(null);
  const board = {
    desk: { rest, inbox: signal({ summaries: {} }) },
    config: { me: { admin: true } },
    outside: { now: () => NOW },
    menu,
  } as unknown as Board;
  const root = document.createElement("div");
  document.body.append(root);
  render(<OutboundPage board={board} t={t} words={textsFor("en")} />, root);
  await vi.waitFor(() => expect(root.querySelectorAll("tbody tr")).toHaveLength(webhooks ? 2 : 1));
  const press = (label: string): void => {
    const button = [...root.querySelectorAll("button")].find(
      ({ textContent }) => textContent?.replace(/ \d+$/u, "") === label, // a tab's count stands behind its name
    );
    if (!button) throw new Error(`no button ${label}`);
    button.click();
  };
  const open = (row: string): void =>
    root.querySelector<HTMLElement>(`[data-testid="${row}"] [data-testid="row-menu"]`)?.click();
  /** Open a row's menu and choose from it. */
  const choose = async (row: string, label: string): Promise<void> => {
    open(row);
    await vi.waitFor(() => press(label));
  };
  return { root, sent, press, open, choose, answers };
}

test("what failed is shown with its reason, and sent again; a webhook that is off says why and is switched on", async () => {
  const { root, sent, choose } = await drawn();
  expect(root.textContent).toContain("410 Gone");
  expect(root.querySelector('[data-testid="queue"]')?.textContent).toContain(`${t.deliveryFailed}: 1`);
  expect(root.querySelector('[data-testid="delivery"]')?.textContent).toContain("503");
  await choose("delivery", t.outboundAgain);
  await vi.waitFor(() => expect(sent).toContainEqual(["POST", "/api/outbound/deliveries/7/again", {}]));
  await choose("webhook", t.enable);
  const on = { url: HOOK.url, events: HOOK.events, on: true };
  await vi.waitFor(() => expect(sent).toContainEqual(["PUT", "/api/webhooks/wh-1", on]));
});

test("a new webhook's secret is shown to be copied; before one is removed, a dialog counts what waits for it", async () => {
  const { root, sent, press, choose } = await drawn();
  press(t.webhookAdd);
  await vi.waitFor(() => expect(root.querySelector("form")).toBeTruthy());
  root.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  const secret = () => root.querySelector<HTMLTextAreaElement>('[data-testid="webhook-secret"]')?.value;
  await vi.waitFor(() => expect(secret()).toBe("whsec_new"));
  sent.length = 0;
  await choose("webhook", t.deviceRemove);
  await vi.waitFor(() => expect(root.querySelector("dialog")?.textContent).toContain(t.webhookRemoveWaiting(2)));
  press(t.cancel);
  await vi.waitFor(() => expect(root.querySelector("dialog")).toBeNull());
  await choose("webhook", t.deviceRemove);
  await vi.waitFor(() => press(t.webhookRemoveSure));
  await vi.waitFor(() => expect(sent).toEqual([["POST", "/api/webhooks/wh-1/remove", {}]]));
});

test("a webhook's form has the keyboard: a new one gives it back to the page's button, a change to the row's menu", async () => {
  const { root, press, choose } = await drawn();
  const menu = root.querySelector<HTMLElement>('[data-testid="webhook"] [data-testid="row-menu"]');
  const focused = () => document.activeElement as HTMLElement;
  press(t.webhookAdd);
  await vi.waitFor(() => expect(focused().dataset.testid).toBe("webhook-url"));
  press(t.cancel);
  await vi.waitFor(() => expect(focused().textContent).toBe(t.webhookAdd));
  await choose("webhook", t.startChange);
  await vi.waitFor(() => expect(focused().dataset.testid).toBe("webhook-url"));
  press(t.cancel);
  await vi.waitFor(() => expect(focused()).toBe(menu));
});

test("a failed delivery is looked at in full, and cannot be cancelled; one that waits can", async () => {
  const { root, sent, press, open, choose } = await drawn();
  const offered = () => [...root.querySelectorAll("button")].map(({ textContent }) => textContent);
  await choose("delivery", t.outboundView);
  await vi.waitFor(() => expect(root.querySelector("dialog")?.textContent).toContain("msg_7"));
  open("delivery");
  await vi.waitFor(() => expect(offered()).toContain(t.outboundAgain));
  expect(offered()).not.toContain(t.outboundDrop);
  press(t.deliveryWaiting);
  const row = () => root.querySelector('[data-testid="delivery"]')?.textContent;
  await vi.waitFor(() => expect(row()).toContain(t.deliveryNext));
  await choose("delivery", t.outboundDrop);
  await vi.waitFor(() => expect(sent).toContainEqual(["POST", "/api/outbound/deliveries/8/drop", {}]));
});

test("a cancelled delivery tells when it was cancelled, and calls that no try", async () => {
  const { root, press, choose } = await drawn();
  press(t.deliveryDropped);
  await vi.waitFor(() => expect(root.textContent).toContain("by hand"));
  await choose("delivery", t.outboundView);
  const names = () => [...root.querySelectorAll("dt")].map(({ textContent }) => textContent);
  await vi.waitFor(() => expect(names()).toContain(t.deliveryDropped));
  expect(names()).not.toContain(t.deliveryDone);
});

test.each(["note.mentioned", "mail.verify", "mail.unread", "webhook.test"])(
  "%s has a name in each language",
  (event) => {
    expect(LANGS.filter((lang) => pageTextsFor(lang).webhookEvent(event) === event)).toEqual([]);
  },
);

test("what waits and what failed is shown where the webhooks cannot be read", async () => {
  const { root } = await drawn(null);
  expect(root.querySelector('[data-testid="delivery"]')?.textContent).toContain("503");
});

test("a test's try is shown where it is: its tab, what waits, and why it failed", async () => {
  const { root, answers, choose } = await drawn({ webhooks: [{ ...HOOK, off: null }] });
  const tab = () => root.querySelector('.wl-step[aria-pressed="true"]')?.textContent;
  expect(tab()).toBe(`${t.deliveryFailed} 1`);
  const queue = { destination: "webhook/wh-1", waiting: 3, failed: 1, oldest: NOW - 60_000 };
  answers["/api/outbound"] = { queues: [queue] };
  await choose("webhook", t.webhookTest);
  await vi.waitFor(() => expect(tab()).toBe(`${t.deliveryWaiting} 3`));
  expect(root.querySelector('[data-testid="queue"]')?.textContent).toContain(`${t.deliveryWaiting}: 3`);
  expect(root.querySelector('[data-testid="webhook-test-failed"]')?.textContent).toContain("503");
  answers["/api/outbound/deliveries?state=waiting"] = { deliveries: [], next: null };
  answers["/api/outbound/deliveries?state=sent"] = { deliveries: [{ ...WAITING, state: "sent", error: null }] };
  await choose("webhook", t.webhookTest);
  await vi.waitFor(() => expect(root.textContent).toContain(t.webhookTestSent));
  expect(tab()).toBe(t.deliverySent);
  expect(root.querySelector('[data-testid="webhook-test-failed"]')).toBeNull();
});
