// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";

import { PowerBack } from "./power-back.tsx";

test("the switch shows what is stored, saves a change, and goes back with a sentence when that fails", async () => {
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const sent: unknown[] = [];
  let fails = false;
  const rest = {
    get: async () => ({ on: true }),
    async send(_: "PUT", path: string, body: unknown) {
      sent.push([path, body]);
      if (fails) throw new Error("no line");
    },
  };
  await act(async () => render(<PowerBack lang="en" client="c-5" rest={rest} />, root));
  const box = root.querySelector("input") as HTMLInputElement;
  await vi.waitFor(() => expect(box.checked).toBe(true));
  expect(root.textContent).toBe("Tell me when power is backWe will write to you in the chat.");
  await act(async () => box.click());
  expect([box.checked, sent]).toEqual([false, [["/api/clients/c-5/power-back", { on: false }]]]);
  await act(async () => undefined); // saved
  fails = true;
  await act(async () => box.click());
  await act(async () => undefined);
  expect(root.textContent).toContain("could not be saved");
  expect(box.checked).toBe(false);
});

test("the switch stays off limits until its state is known: a failed request is repeated", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const get = vi.fn(async () => ({ on: true })).mockRejectedValueOnce(new Error("no connection"));
  await act(async () => render(<PowerBack lang="en" client="c-5" rest={{ get, send: async () => undefined }} />, root));
  const box = root.querySelector("input") as HTMLInputElement;
  await act(async () => undefined);
  expect([box.disabled, root.textContent?.includes("could not be loaded")]).toEqual([true, true]);
  await act(async () => void (await vi.advanceTimersByTimeAsync(5_000)));
  expect([box.disabled, box.checked, root.textContent?.includes("could not be loaded")]).toEqual([false, true, false]);
  vi.useRealTimers();
});

test("after a long time without network the state is asked for within a minute", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const get = vi.fn(async () => Promise.reject(new Error("no connection")));
  await act(async () => render(<PowerBack lang="en" client="c-5" rest={{ get, send: async () => undefined }} />, root));
  await act(async () => void (await vi.advanceTimersByTimeAsync(3_600_000)));
  get.mockClear();
  await act(async () => void (await vi.advanceTimersByTimeAsync(60_000)));
  expect(get).toHaveBeenCalledOnce();
  act(() => render(null, root));
  vi.useRealTimers();
});

test("a change waits for the one before it", async () => {
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  let answer: () => void = () => undefined;
  const send = vi.fn(() => new Promise<void>((done) => (answer = done)));
  const rest = { get: async () => ({ on: false }), send };
  await act(async () => render(<PowerBack lang="en" client="c-5" rest={rest} />, root));
  await act(async () => undefined); // loaded
  const box = root.querySelector("input") as HTMLInputElement;
  await act(async () => box.click());
  await act(async () => box.click());
  expect([box.checked, send.mock.calls.length]).toEqual([true, 1]);
  await act(async () => answer());
  await act(async () => undefined);
  await act(async () => box.click());
  expect([box.checked, send.mock.calls.length]).toEqual([false, 2]);
});
