// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import type { Settings } from "../../link/desk-api.ts";
import { textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import { SettingsState } from "../settings-state.ts";
import type { Board } from "../state.ts";
import { TeamsPage } from "./teams.tsx";

test("the first team that is added comes beside the default one, and both are saved with members and areas", async () => {
  const saved: unknown[] = [];
  const settings = new SettingsState({
    settings: async () => ({ teams: { rev: 3, value: { teams: [] } } }) as unknown as Settings,
    save: async (name, kept) => {
      saved.push([name, kept]);
      return { ...kept, rev: kept.rev + 1 };
    },
  });
  const agent = { id: "a-ana", name: "Ana", admin: true, disabled: false, has_password: true };
  const api = {
    agents: async () => [agent, { ...agent, id: "a-gone", name: "Gone", disabled: true }],
    areas: async () => [{ area: "mill-street", clients: 412, displays: 140, silent: 96 }],
  };
  const board = { config: { me: { admin: true } }, settings, desk: { api } } as unknown as Board;
  const t = pageTextsFor("en");
  const root = document.createElement("div");
  document.body.append(root);
  render(<TeamsPage board={board} t={t} words={textsFor("en")} />, root);
  const all = <E extends Element>(selector: string): E[] => [...root.querySelectorAll<E>(selector)];
  (await vi.waitFor(() => all<HTMLButtonElement>("[data-testid=team-add]")[0] ?? Promise.reject())).click();
  const name = await vi.waitFor(() => all<HTMLInputElement>("[data-testid=team-name]")[1] ?? Promise.reject());
  expect(document.activeElement).toBe(name);
  name.value = "North";
  name.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() => expect(all("h2").at(-1)?.textContent).toBe("North"));
  const member = all<HTMLLabelElement>("label").filter(({ textContent }) => textContent === "Ana")[1];
  member?.querySelector("input")?.click();
  await vi.waitFor(() => expect(member?.querySelector("input")?.checked).toBe(true));
  expect(all("label").some(({ textContent }) => textContent === "Gone")).toBe(false);
  const area = await vi.waitFor(() => all<HTMLInputElement>("[data-testid=area-mill-street]")[0] ?? Promise.reject());
  await act(() => area.click());
  const attributes = all<HTMLTextAreaElement>("textarea")[0] as HTMLTextAreaElement;
  attributes.value = "plan = Solar";
  attributes.dispatchEvent(new Event("input", { bubbles: true }));
  (await vi.waitFor(() => all<HTMLButtonElement>("button[type=submit]")[0] ?? Promise.reject())).click();
  await vi.waitFor(() => expect(saved.length).toBe(1));
  const team = { members: [], areas: [], langs: [], attributes: [] };
  expect(saved).toEqual([
    [
      "teams",
      {
        rev: 3,
        value: {
          teams: [
            { ...team, id: "t-desk", name: "General" },
            {
              ...team,
              id: "t-team_1",
              name: "North",
              members: ["a-ana"],
              areas: ["mill-street"],
              attributes: ["plan:Solar"],
            },
          ],
        },
      },
    ],
  ]);
  render(null, root);
});
