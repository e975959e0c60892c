// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";

import { textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import type { Board } from "../state.ts";
import { OutagePage } from "./outage.tsx";

const NOW = new Date("2026-11-30T12:00").getTime();

function opened(admin = true, drafts: Map<string, string> = new Map()) {
  const order = vi.fn(() => "o-1");
  const api = {
    areas: async () => [{ area: "north", clients: 508, displays: 2, silent: 12 }],
    incidents: async () => [],
    agents: async () => [
      { name: "Ana Ionescu", admin: true, disabled: false },
      { name: "Left Long", admin: true, disabled: true },
      { name: "Radu Marin", admin: false, disabled: false },
      { name: "Vlad Pop", admin: true, disabled: false },
    ],
  };
  const board = {
    config: { me: { admin, id: "a-ana" } },
    now: signal(NOW),
    outside: {
      readDraft: (key: string) => drafts.get(key) ?? "",
      writeDraft: (key: string, text: string) => drafts.set(key, text),
    },
    route: signal({}),
    desk: { api, notices: { outages: signal({}), order, state: () => signal({ state: "sending" }) } },
  } as unknown as Board;
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  render(<OutagePage board={board} t={pageTextsFor("en")} words={textsFor("en")} />, root);
  const find = <E extends HTMLElement>(id: string) => root.querySelector<E>(`[data-testid="${id}"]`) as E;
  const write = async (id: string, text: string): Promise<void> => {
    const field = find<HTMLInputElement>(id);
    field.value = text;
    await act(() => void field.dispatchEvent(new Event("input", { bubbles: true })));
  };
  const submit = () => root.querySelector<HTMLButtonElement>('[type="submit"]') as HTMLButtonElement;
  return { root, order, find, write, submit };
}

test("an outage's expected end is shown as clients see it, asked about, and published; a past one is refused", async () => {
  const { root, order, find, write, submit } = opened();
  await vi.waitFor(() => expect(find("area-north")).not.toBeNull());
  await act(() => find<HTMLInputElement>("area-north").click());
  await write("outage-en", "A cable is being mended.");
  await write("outage-until", "30/11/2026, 11:00");
  await vi.waitFor(() => expect(root.textContent).toContain(pageTextsFor("en").outageUntilPast));
  expect(submit().disabled).toBe(true);

  await write("outage-until", "30/11/2026, 18:00");
  await vi.waitFor(() => expect(find("outage-preview").textContent).toContain("18:00"));
  expect(find("preview-areas").textContent).toBe("North");
  await vi.waitFor(() => expect(submit().disabled).toBe(false));
  submit().form?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  await vi.waitFor(() => expect(root.querySelector("dialog")?.textContent).toContain("18:00"));
  expect(root.querySelector("dialog h2")?.textContent).toContain("508");
  expect(root.querySelector("dialog")?.textContent).toContain(
    "No text in Romanian and German: these clients read the text in English",
  );
  root.querySelector<HTMLButtonElement>("dialog .wl-button-primary")?.click();
  const until = new Date("2026-11-30T18:00").getTime();
  expect(order.mock.calls).toEqual([[["north"], { en: "A cable is being mended." }, { until }]]);
  render(null, root);
});

test("when power went and when the notice comes down are asked about and published", async () => {
  const { root, order, find, write, submit } = opened();
  await vi.waitFor(() => expect(find("area-north")).not.toBeNull());
  await act(() => find<HTMLInputElement>("area-north").click());
  await write("outage-en", "A cable is being mended.");
  const choices = () => [...find("outage-down").querySelectorAll("option")].map(({ value }) => value);
  expect(choices()).toEqual(["", "own"]); // an hour after what is not written is no time
  await write("outage-began", "13:00");
  await vi.waitFor(() => expect(root.textContent).toContain(pageTextsFor("en").noticeBeganAhead));
  expect(submit().disabled).toBe(true);
  await write("outage-began", "11:38");
  await write("outage-until", "today 17:30");
  expect(choices()).toEqual(["", "after", "own"]);
  const down = find<HTMLSelectElement>("outage-down");
  down.value = "after";
  await act(() => void down.dispatchEvent(new Event("change", { bubbles: true })));
  await vi.waitFor(() => expect(submit().disabled).toBe(false));
  submit().form?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  await vi.waitFor(() => expect(root.querySelector("dialog")?.textContent).toMatch(/back by .*; taken down /u));
  root.querySelector<HTMLButtonElement>("dialog .wl-button-primary")?.click();
  const times = { began: "T11:38", until: "T17:30", ends: "T18:30" };
  const at = Object.entries(times).map(([name, time]) => [name, new Date(`2026-11-30${time}`).getTime()]);
  expect(order.mock.calls).toEqual([[["north"], { en: "A cable is being mended." }, Object.fromEntries(at)]]);
  render(null, root);
});

test("what is written survives another page until it is published; a damaged draft is an empty form", async () => {
  const drafts = new Map([["outage", "{"]]);
  const before = opened(true, drafts);
  await vi.waitFor(() => expect(before.find("area-north")).not.toBeNull());
  await act(() => before.find<HTMLInputElement>("area-north").click());
  expect(before.root.textContent).toContain(pageTextsFor("en").outageNoText);
  await before.write("outage-en", "A cable is being mended.");
  render(null, before.root);
  const { root, find, submit } = opened(true, drafts);
  await vi.waitFor(() => expect(find<HTMLTextAreaElement>("outage-en").value).toBe("A cable is being mended."));
  await vi.waitFor(() => expect(submit().disabled).toBe(false));
  submit().form?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  await vi.waitFor(() => expect(root.querySelector("dialog")).not.toBeNull());
  await act(() => root.querySelector<HTMLButtonElement>("dialog .wl-button-primary")?.click());
  expect(drafts.get("outage")).toBe("");
  render(null, root);
});

test("an agent who may not publish reads in the form's place whom to ask, and has one way on", async () => {
  const { root, submit } = opened(false);
  await vi.waitFor(() => expect(root.textContent).toContain("Ask Ana Ionescu or Vlad Pop."));
  expect([root.querySelector("strong")?.textContent, submit()]).toEqual(["Only administrators publish outages", null]);
  expect([...root.querySelectorAll(".wl-button-primary")].map((way) => way.textContent)).toEqual(["Open the inbox"]);
  render(null, root);
});
