// @vitest-environment happy-dom
import { render } from "preact";
import { expect, test, vi } from "vitest";
import { textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import type { Board } from "../state.ts";
import { AgentsPage } from "./agents.tsx";

test("the form has the keyboard, and the button has it again when the form is gone", async () => {
  const board = {
    config: { me: { admin: true, id: "a-ana" } },
    desk: { api: { agents: async () => [] }, teams: { areSeveral: false } },
  } as unknown as Board;
  const t = pageTextsFor("en");
  const root = document.body.appendChild(document.createElement("div"));
  render(<AgentsPage board={board} t={t} words={textsFor("en")} />, root);
  const open = () => root.querySelector<HTMLButtonElement>(".wl-page-head button");
  (await vi.waitFor(() => open() ?? expect.fail())).focus();
  open()?.click();
  await vi.waitFor(() => expect((document.activeElement as HTMLElement).dataset.testid).toBe("agent-name"));
  [...root.querySelectorAll("form button")]
    .find(({ textContent }) => textContent === t.cancel)
    ?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  await vi.waitFor(() => expect(open()).not.toBeNull());
  await vi.waitFor(() => expect(document.activeElement).toBe(open()));
  render(null, root);
});

test("Escape closes the form while nothing is typed, and keeps what is", async () => {
  const board = {
    config: { me: { admin: true, id: "a-ana" } },
    desk: { api: { agents: async () => [] }, teams: { areSeveral: false } },
  } as unknown as Board;
  const root = document.body.appendChild(document.createElement("div"));
  render(<AgentsPage board={board} t={pageTextsFor("en")} words={textsFor("en")} />, root);
  const field = () => root.querySelector<HTMLInputElement>("[data-testid=agent-name]");
  const pressEscape = () => field()?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  const open = async (): Promise<void> => {
    (await vi.waitFor(() => root.querySelector<HTMLElement>(".wl-page-head button") ?? Promise.reject())).click();
    await vi.waitFor(() => expect(document.activeElement).toBe(field()));
  };
  await open();
  pressEscape();
  await vi.waitFor(() => expect(field()).toBeNull());
  await open();
  (field() as HTMLInputElement).value = "Mihai";
  field()?.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() => expect(root.querySelector<HTMLInputElement>("[data-testid=agent-id]")?.value).toBe("a-mihai"));
  pressEscape();
  expect(field()?.value).toBe("Mihai");
  render(null, root);
});

test("the form proposes an id from the name, and keeps both when the server refuses", async () => {
  const asked: unknown[] = [];
  const api = {
    agents: async () => [],
    addAgent: async (agent: unknown) => {
      asked.push(agent);
      throw new Error("the server does not answer");
    },
  };
  const board = {
    config: { me: { admin: true, id: "a-ana" } },
    desk: { api, teams: { areSeveral: false } },
  } as unknown as Board;
  const root = document.createElement("div");
  document.body.append(root);
  render(<AgentsPage board={board} t={pageTextsFor("en")} words={textsFor("en")} />, root);
  const field = (id: string) => root.querySelector<HTMLInputElement>(`[data-testid="${id}"]`) as HTMLInputElement;
  const add = await vi.waitFor(
    () => root.querySelector<HTMLButtonElement>(".wl-page-head button") as HTMLButtonElement,
  );
  add.click();
  await vi.waitFor(() => expect(field("agent-name")).not.toBeNull());

  field("agent-name").value = "Mihai Ionescu";
  field("agent-name").dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() => expect(field("agent-id").value).toBe("a-mihai"));
  field("agent-id").form?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));

  await vi.waitFor(() => expect(root.querySelector("[role=alert]")).not.toBeNull());
  expect(asked).toEqual([{ id: "a-mihai", name: "Mihai Ionescu", admin: false }]);
  expect([field("agent-name").value, field("agent-id").value]).toEqual(["Mihai Ionescu", "a-mihai"]);
  render(null, root);
});
