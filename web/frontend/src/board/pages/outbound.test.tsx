// @vitest-environment happy-dom
import { render } from "preact";
import { expect, test, vi } from "vitest";
import { LANGS, textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import { NOW } from "../board.fixture.ts";
import type { Board } from "../state.ts";
import { OutboundPage } from "./outbound.tsx";

const t = pageTextsFor("en");
const HOOK = { id: "wh-1", url: "https://a.example/", events: ["message.created"], off: "410 Gone", created: NOW };
const FAILED = { num: 7, destination: "webhook/wh-1", event: "message.created", client: "c-42", state: "failed" };

/** Draw the page; return its root and what was sent. */
async function drawn(admin: boolean) {
  const answers: Record<string, unknown> = {
    "/api/webhooks": { webhooks: [HOOK] },
    "/api/outbound": { queues: [{ destination: "webhook/wh-1", waiting: 2, failed: 1, oldest: NOW - 60_000 }] },
    "/api/outbound/deliveries": { deliveries: [{ ...FAILED, at: NOW, due: NOW, tries: 20, error: "503" }], next: null },
  };
  const sent: unknown[][] = [];
  const rest = {
    get: async (path: string) => answers[path.split("?")[0] ?? ""],
    send: async (...asked: unknown[]) => {
      sent.push(asked);
      return { webhook: HOOK, secret: "whsec_new" };
    },
  };
  const board = { desk: { rest }, config: { me: { admin } }, outside: { now: () => NOW } } as unknown as Board;
  const root = document.createElement("div");
  document.body.append(root);
  render(<OutboundPage board={board} t={t} words={textsFor("en")} />, root);
  await vi.waitFor(() => expect(root.querySelectorAll("tbody tr")).toHaveLength(admin ? 3 : 0));
  const press = (label: string): void => {
    const button = [...root.querySelectorAll("button")].find(({ textContent }) => textContent === label);
    if (!button) throw new Error(`no button ${label}`);
    button.click();
  };
  return { root, sent, press };
}

test("what failed is shown with its reason, and sent again; a webhook that is off says why and is switched on", async () => {
  const { root, sent, press } = await drawn(true);
  expect(root.textContent).toContain("410 Gone");
  expect(root.querySelector('[data-testid="delivery"]')?.textContent).toContain("503");
  press(t.outboundAgain);
  await vi.waitFor(() => expect(sent).toContainEqual(["POST", "/api/outbound/deliveries/7/again", {}]));
  press(t.enable);
  const on = { url: HOOK.url, events: HOOK.events, on: true };
  await vi.waitFor(() => expect(sent).toContainEqual(["PUT", "/api/webhooks/wh-1", on]));
});

test("a new webhook's secret is shown to be copied; removing one asks once more", async () => {
  const { root, sent, press } = await drawn(true);
  press(t.webhookAdd);
  await vi.waitFor(() => expect(root.querySelector("form")).toBeTruthy());
  root.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  const secret = () => root.querySelector<HTMLTextAreaElement>('[data-testid="webhook-secret"]')?.value;
  await vi.waitFor(() => expect(secret()).toBe("whsec_new"));
  sent.length = 0;
  press(t.remove);
  await vi.waitFor(() => press(t.webhookRemoveSure));
  await vi.waitFor(() => expect(sent).toEqual([["POST", "/api/webhooks/wh-1/remove", {}]]));
});

test.each(["note.mentioned", "mail.verify", "mail.unread", "webhook.test"])(
  "%s has a name in each language",
  (event) => {
    expect(LANGS.filter((lang) => pageTextsFor(lang).webhookEvent(event) === event)).toEqual([]);
  },
);

test("somebody who is no administrator is asked for nothing", async () => {
  const { root, sent } = await drawn(false);
  expect(root.querySelectorAll("button")).toHaveLength(0);
  expect(sent).toEqual([]);
});
