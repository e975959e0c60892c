// @vitest-environment happy-dom
import { render } from "preact";
import { expect, test, vi } from "vitest";
import type { Settings } from "../../link/desk-api.ts";
import { textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import { SettingsState } from "../settings-state.ts";
import type { Board } from "../state.ts";
import { AnswersPage } from "./answers.tsx";

const RULE = { on: true, title: {}, words: {}, answer: { en: "Yes." }, replies: null, person: false, attributes: [] };

async function draw(rules: readonly unknown[]): Promise<HTMLElement> {
  const settings = new SettingsState({
    settings: async () => ({ rules: { rev: 1, value: { on: true, away: null, rules } } }) as unknown as Settings,
    save: async (_, kept) => kept,
  });
  const board = { config: { me: { admin: true } }, settings } as unknown as Board;
  const root = document.createElement("div");
  render(<AnswersPage board={board} t={pageTextsFor("en")} words={textsFor("en")} />, root);
  await vi.waitFor(() => expect(root.querySelector("h1")).not.toBeNull());
  return root;
}

test("a row is marked where its answer is an exception only: not in use, or handing over to a person", async () => {
  const root = await draw([
    { ...RULE, id: "usual", title: { en: "Usual" } },
    { ...RULE, id: "off", title: { en: "Off" }, on: false },
    { ...RULE, id: "person", title: { en: "Person" }, person: true },
  ]);
  const marks = [...root.querySelectorAll("[data-testid=rule] > summary")].map((row) =>
    [...row.querySelectorAll(".wl-mark")].map(({ textContent }) => textContent),
  );
  expect(marks).toEqual([[], ["Not in use"], ["Hands over"]]);
  render(null, root);
});

test("without answers the page says so, and names the way on", async () => {
  const root = await draw([]);
  expect(root.querySelector(".wl-nothing strong")?.textContent).toBe("No automatic answers yet");
  render(null, root);
});
