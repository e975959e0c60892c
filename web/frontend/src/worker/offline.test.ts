import { expect, it, vi } from "vitest";
import { offline } from "./offline.ts";

it("names the company, as the board last knew it", async () => {
  const page = await offline("en").text();
  const script = /<script>(.*)<\/script>/.exec(page)?.[1] ?? "";
  const header = { lastChild: { data: "Wattline" } };
  const document = { title: "No connection", querySelector: (name: string) => (name === "header" ? header : {}) };
  const run = new Function("addEventListener", "document", "localStorage", "setInterval", script);
  const store = { getItem: (key: string) => (key === "wl-company" ? "Riverside Energy" : null) };
  run(
    () => {},
    document,
    store,
    () => 0,
  );
  expect([header.lastChild.data, document.title]).toEqual(["Riverside Energy", "No connection · Riverside Energy"]);
});

it("loads the page once when the server answers, however long that load takes", async () => {
  vi.useFakeTimers();
  const page = await offline("en").text();
  const script = /<script>(.*)<\/script>/.exec(page)?.[1] ?? "";
  const reload = vi.fn();
  const fetched = vi.fn(async () => ({ ok: true }));
  new Function("addEventListener", "document", "fetch", "localStorage", "location", script)(
    () => {},
    { querySelector: () => ({}) },
    fetched,
    { getItem: () => null },
    { reload },
  );
  await vi.advanceTimersByTimeAsync(60_000);
  expect([fetched.mock.calls.length, reload.mock.calls.length]).toEqual([1, 1]);
});
