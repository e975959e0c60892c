import { afterEach, expect, it, vi } from "vitest";

import { beginPush } from "./push.ts";
import type { Board } from "./state.ts";

const board = { config: { lang: "ro", isNotified: false } } as unknown as Board;

const registering = (...answers: readonly (Error | null)[]) => {
  const left = [...answers];
  const register = vi.fn(async () => {
    const refused = left.shift();
    if (refused) throw refused;
  });
  vi.stubGlobal("navigator", { serviceWorker: { register, addEventListener: () => undefined } });
  vi.useFakeTimers();
  return register;
};

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("registers the worker as soon as its script comes", async () => {
  const register = registering(new TypeError("fetching the script failed"), new TypeError("once more"));
  beginPush(board);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(register.mock.calls).toEqual(
    Array(3).fill(["/worker.js?lang=ro", { scope: "/board", updateViaCache: "none" }]),
  );
});

it("asks once where the browser allows no worker", async () => {
  const register = registering(new DOMException("not here", "SecurityError"));
  beginPush(board);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(register).toHaveBeenCalledTimes(1);
});
