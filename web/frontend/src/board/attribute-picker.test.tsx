// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { beforeEach, expect, test, vi } from "vitest";

import type { OfferedAttribute } from "../link/attributes-api.ts";
import type { Facet } from "../link/desk-api.ts";
import { boardTextsFor, textsFor } from "../ui/messages.ts";
import { AttributePicker } from "./attribute-picker.tsx";
import type { Board } from "./state.ts";

const root = document.createElement("div");
document.body.append(root);
const facets = signal<readonly Facet[]>([]);

/** Open the dialog over a list whose clients have these attributes. */
async function open(attributes: readonly OfferedAttribute[]): Promise<void> {
  render(null, root);
  facets.value = [];
  const get = vi.fn(async () => ({ attributes }));
  const board = { filter: signal("all"), facets, desk: { rest: { get } } } as unknown as Board;
  render(<AttributePicker board={board} t={boardTextsFor("en")} words={textsFor("en")} onClose={vi.fn()} />, root);
  await vi.waitFor(() => expect(root.textContent).not.toContain("Loading"));
}

const type = async (text: string): Promise<void> => {
  const field = root.querySelector("input") as HTMLInputElement;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await Promise.resolve();
};
const shown = () =>
  [...root.querySelectorAll("[role=option]")].map(
    (option) => `${option.parentElement?.getAttribute("aria-label")}: ${option.textContent?.trim()}`,
  );

beforeEach(() => {
  HTMLDialogElement.prototype.showModal ??= vi.fn();
  HTMLDialogElement.prototype.close ??= vi.fn();
});

const OFFERED = [
  { name: "plan", values: ["Solar", "Basic"] },
  { name: "tariff_since", values: ["2024-03-01"] },
];

test("each value that clients have stands below its name, found by either, and chosen by a press", async () => {
  await open(OFFERED);
  await vi.waitFor(() => expect(shown()).toEqual(["Plan: Solar", "Plan: Basic", "Tariff since: 1 March 2024"]));
  await type("tariff");
  await vi.waitFor(() => expect(shown()).toEqual(["Tariff since: 1 March 2024"]));
  root.querySelector<HTMLElement>("[role=option]")?.click();
  expect(facets.value).toEqual(["attribute:tariff_since:2024-03-01"]);
});

test("a value that none of them has is offered for each name, without a pattern to write", async () => {
  await open(OFFERED);
  await type("Wind");
  await vi.waitFor(() => expect(shown()).toEqual(["Plan: Wind", "Tariff since: Wind"]));
  root.querySelector<HTMLElement>("[role=option]")?.click();
  expect(facets.value).toEqual(["attribute:plan:Wind"]);
});

test("where no client has attributes the dialog says so and whence they come", async () => {
  await open([]);
  await vi.waitFor(() => expect(root.querySelector("[role=status]")?.textContent).toContain("Your portal sends them"));
});
