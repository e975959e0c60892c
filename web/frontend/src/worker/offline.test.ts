import { expect, it, vi } from "vitest";
import { offline } from "./offline.ts";

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
