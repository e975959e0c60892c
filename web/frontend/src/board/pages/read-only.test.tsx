// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, test, vi } from "vitest";
import samples from "../../gallery/settings.gen.json";
import type { Settings } from "../../link/desk-api.ts";
import { textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import { SETTING_VIEWS } from "../setting-views.gen.ts";
import { SettingsState } from "../settings-state.ts";
import type { Board } from "../state.ts";
import { KeysPage } from "./keys.tsx";
import { OutboundPage } from "./outbound.tsx";

const t = pageTextsFor("en");
const api = {
  agents: async () => [{ id: "a-ana", name: "Ana Ionescu", admin: true, disabled: false }],
  areas: async () => [],
  alarmPreview: () => new Promise(() => undefined),
};

/** Show a page to an agent who is no administrator. */
function drawn(View: (typeof SETTING_VIEWS)[keyof typeof SETTING_VIEWS]): HTMLElement {
  vi.spyOn(HTMLFormElement.prototype, "submit").mockImplementation(() => undefined); // the preview's
  const settings = new SettingsState({
    settings: async () => samples as unknown as Settings,
    save: async (_, kept) => kept,
  });
  const board = {
    config: { me: { admin: false, name: "Radu" }, tz: "Europe/Bucharest" },
    now: signal(0),
    outside: { now: () => 0 },
    settings,
    desk: { api, rest: {}, teams: { areSeveral: false, list: [] } },
  } as unknown as Board;
  const root = document.body.appendChild(document.createElement("div"));
  render(<View board={board} t={t} words={textsFor("en")} />, root);
  return root;
}

test.each(Object.entries(SETTING_VIEWS))("an agent can change no field of the setting %s", async (_, View) => {
  const root = drawn(View);
  const fields = () => [...root.querySelectorAll<HTMLInputElement>("input:not([type=hidden]), select, textarea")];
  await vi.waitFor(() => expect(root.querySelector("h1")).not.toBeNull());
  expect(fields().filter(({ disabled }) => !disabled)).toEqual([]);
  expect(root.querySelector("button[type=submit]")).toBeNull();
  render(null, root);
});

test.each([KeysPage, OutboundPage])("a page that only administrators read tells an agent whom to ask", async (View) => {
  const root = drawn(View);
  await vi.waitFor(() => expect(root.textContent).toContain(t.adminAsk("Ana Ionescu")));
  expect(root.querySelectorAll("button")).toHaveLength(0);
  render(null, root);
});
