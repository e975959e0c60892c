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
  fails = true;
  await act(async () => box.click());
  expect(box.checked).toBe(false);
  expect(root.textContent).toContain("could not be saved");
});
