// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, test, vi } from "vitest";
import { LANGS, textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import type { Board } from "../state.ts";
import { AgentsPage } from "./agents.tsx";

const t = pageTextsFor("en");

test("before an agent is disabled, a dialog counts its conversations and keys, and only its button disables", async () => {
  const agent = { disabled: false, has_password: true, seen: null };
  const agents = [
    { ...agent, id: "a-ana", name: "Ana", admin: true },
    { ...agent, id: "a-radu", name: "Radu", admin: false },
  ];
  const disableAgent = vi.fn(async () => ({}));
  const keys = [{ speaker: "a-radu" }, { speaker: "b-bot" }];
  const row = (client: string) => ({ client, rev: 1, status: "assigned", tags: [], members: [] });
  const asked: string[] = [];
  const get = async (path: string) => {
    asked.push(path);
    return { summaries: path.includes("snoozed") ? [row("c-3")] : [row("c-1"), row("c-2")], cursor: null };
  };
  const board = {
    away: signal(false),
    now: signal(0),
    menu: signal(null),
    config: { me: { admin: true, id: "a-ana" } },
    desk: {
      rest: { get },
      agents: signal({}),
      api: { agents: async () => agents, faces: async () => ({}), keys: async () => keys, disableAgent },
      teams: { areSeveral: false },
    },
  } as unknown as Board;
  const root = document.createElement("div");
  document.body.append(root);
  render(<AgentsPage board={board} t={t} words={textsFor("en")} />, root);
  const menu = () => root.querySelector<HTMLElement>('[data-agent="a-radu"] [data-testid="row-menu"]');
  await vi.waitFor(() => expect(menu()).not.toBeNull());
  const press = (label: string, within: ParentNode = root): void => {
    const button = [...within.querySelectorAll("button")].find(({ textContent }) => textContent === label);
    if (!button) throw new Error(`no button ${label}`);
    button.click();
  };
  const dialog = () => root.querySelector("dialog");
  const open = async (): Promise<void> => {
    menu()?.click();
    await vi.waitFor(() => press(t.disableAgent));
    await vi.waitFor(() => expect(dialog()?.textContent).toContain(t.disableHeld(3, false)));
  };
  await open();
  expect(asked.every((path) => path.includes("assignee=a-radu"))).toBe(true);
  expect(dialog()?.textContent).toContain(t.disableKeys(1));
  press(t.cancel);
  await vi.waitFor(() => expect(dialog()).toBeNull());
  expect(disableAgent).not.toHaveBeenCalled();
  await open();
  press(t.disableSure("Radu"));
  await vi.waitFor(() => expect(disableAgent).toHaveBeenCalledWith("a-radu"));
  render(null, root);
});

test.each(LANGS)("what stays assigned is counted in %s, also where there is more than was counted", (lang) => {
  const { disableHeld } = pageTextsFor(lang);
  expect(new Set([disableHeld(0, false), disableHeld(1, false), disableHeld(200, true)]).size).toBe(3);
  expect(disableHeld(200, true)).toContain("200");
});
