// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, test, vi } from "vitest";
import { textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import type { Board } from "../state.ts";
import { AgentsPage } from "./agents.tsx";

const NOW = new Date(2026, 10, 30, 12).getTime();
const t = pageTextsFor("en");

test("the list says who is here now, who was here when, and who was invited and has not come", async () => {
  const agent = { admin: false, disabled: false, has_password: true, seen: null };
  const agents = [
    { ...agent, id: "a-ana", name: "Ana Ionescu", admin: true },
    { ...agent, id: "a-dan", name: "Dan", seen: NOW - 26 * 3_600_000 },
    { ...agent, id: "a-ion", name: "Ion", disabled: true, seen: NOW - 1_000 },
    { ...agent, id: "a-mihai", name: "Mihai", has_password: false },
    { ...agent, id: "a-radu", name: "Radu" },
  ];
  const newPassword = vi.fn(async () => ({ setup: "/setup/x" }));
  const board = {
    away: signal(false),
    now: signal(NOW),
    menu: signal(null),
    config: { me: { admin: true, id: "a-ana" } },
    desk: {
      agents: signal({ "a-radu": { state: "away", viewing: [] } }),
      api: { agents: async () => agents, faces: async () => ({}), newPassword },
      teams: { areSeveral: false },
    },
  } as unknown as Board;
  const root = document.createElement("div");
  document.body.append(root);
  render(<AgentsPage board={board} t={t} words={textsFor("en")} />, root);
  const row = (id: string) => root.querySelector(`[data-agent="${id}"]`);
  const cell = (id: string, label: string) => row(id)?.querySelector(`[data-label="${label}"]`)?.textContent;
  await vi.waitFor(() => expect(row("a-ana")).not.toBeNull());
  expect(agents.map(({ id }) => [cell(id, t.status), cell(id, t.agentSeen)])).toEqual([
    ["Active", "Online"],
    ["Active", "Yesterday"],
    ["Disabled", "Today"],
    ["Invited", "New link"],
    ["Active", "Away"],
  ]);
  expect(root.querySelector(".wl-page-sub")?.textContent).toBe("3 people can answer clients, 1 invitation open");
  const dots = () => [...root.querySelectorAll(".wl-person .wl-dot")].map(({ className }) => className);
  expect(dots()).toEqual(["wl-dot wl-dot-online", "wl-dot wl-dot-away"]);
  row("a-mihai")?.querySelector<HTMLElement>(`[data-label="${t.agentSeen}"] button`)?.click();
  await vi.waitFor(() => expect(root.querySelector('[data-testid="setup-link"]')).not.toBeNull());
  expect(newPassword).toHaveBeenCalledWith("a-mihai");
  render(null, root);
});
