// @vitest-environment happy-dom
import { render } from "preact";
import { expect, test, vi } from "vitest";
import type { Alarms, Settings, Tariff } from "../../link/desk-api.ts";
import { textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import { SettingsState } from "../settings-state.ts";
import type { Board } from "../state.ts";
import { AlarmsPage } from "./alarms.tsx";

const ALARMS: Alarms = {
  on: true,
  times_usual: 2,
  at_least_wh: 1000,
  limit_wh: null,
  limits: { "c-42": 6500 },
  silent_minutes: 180,
  storm_meters: 20,
};

const TARIFF: Tariff = { currency: "EUR", price: null };

const NONE = { alarms: 0, clients: 0 };
/** One client of two is told by both kinds. */
const PREVIEW = {
  kinds: { usual: { alarms: 4, clients: 2 }, limit: { alarms: 1, clients: 1 }, silent: NONE, tamper: NONE },
  clients: 2,
  examples: [],
};

test("an administrator changes a limit in kWh, and the page saves the whole document in Wh at its revision", async () => {
  const saved: unknown[] = [];
  const settings = new SettingsState({
    settings: async () =>
      ({ alarms: { rev: 7, value: ALARMS }, tariff: { rev: 2, value: TARIFF } }) as never as Settings,
    save: async (name, kept) => {
      saved.push([name, kept]);
      return { ...kept, rev: kept.rev + 1 };
    },
  });
  const api = { alarmPreview: async () => PREVIEW };
  const board = { config: { me: { admin: true } }, settings, desk: { api } } as unknown as Board;
  const t = pageTextsFor("en");
  const root = document.createElement("div");
  document.body.append(root);
  render(<AlarmsPage board={board} t={t} words={textsFor("en")} />, root);
  const limit = await vi.waitFor(() => {
    const found = root.querySelector<HTMLInputElement>(`[aria-label="${t.alarmsLimitAll}"]`);
    expect(found).not.toBeNull();
    return found as HTMLInputElement;
  });

  limit.value = "4.5";
  limit.dispatchEvent(new Event("input", { bubbles: true }));
  const button = await vi.waitFor(() => {
    const found = root.querySelector<HTMLButtonElement>("button[type=submit]");
    expect(found?.disabled).toBe(false);
    return found;
  });
  button?.click();

  await vi.waitFor(() => expect(root.querySelector("[role=status]")?.textContent).toBe(t.saved));
  expect(saved).toEqual([["alarms", { rev: 7, value: { ...ALARMS, limit_wh: 4500 } }]]);
  const tally = [...root.querySelectorAll(".wl-tally > div")].map(({ textContent }) => textContent);
  expect(tally.slice(0, 2)).toEqual([`${t.alarmsWord}5`, `${t.alarmClients}2`]);

  const price = [...root.querySelectorAll("label")].find(({ textContent }) => textContent === t.tariffPrice);
  const field = root.querySelector<HTMLInputElement>(`#${price?.htmlFor}`) as HTMLInputElement;
  for (const [typed, isWrong] of [
    ["0", true],
    ["0,29", false],
  ] as const) {
    field.value = typed;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await vi.waitFor(() =>
      expect(field.ariaInvalid ?? field.getAttribute("aria-invalid")).toBe(isWrong ? "true" : null),
    );
  }
  root.querySelector<HTMLButtonElement>("button[type=submit]")?.click();
  await vi.waitFor(() => expect(saved[1]).toEqual(["tariff", { rev: 2, value: { currency: "EUR", price: 0.29 } }]));
  render(null, root);
});
