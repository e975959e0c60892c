// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Files } from "./files.tsx";

const root = document.createElement("div");
const onDone = vi.fn();
const attached: string[] = [];
const refused = new File(["too large"], "film.pdf");
const photo = new File(["x"], "one.jpg", { type: "image/jpeg" });
const still = { lang: "en", say: () => undefined, onGone: () => undefined } as const;

const show = (files: readonly File[]): Promise<void> =>
  act(async () =>
    render(
      <Files
        {...still}
        files={files}
        attach={async ({ name, size }) => attached.push(name) > 0 && size < 5}
        onDone={onDone}
      />,
      root,
    ),
  ).then(() => pass(0));
const pass = (ms: number): Promise<void> => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));
const form = (): Element | null => root.querySelector("form");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.stubGlobal("createImageBitmap", async () => Promise.reject(new Error("no picture")));
  document.body.replaceChildren(root);
});
afterEach(() => {
  act(() => render(null, root));
  vi.useRealTimers();
  vi.unstubAllGlobals();
  onDone.mockClear();
  attached.length = 0;
});

test("a file that is chosen while a refusal is shown is sent, and the refusal is replaced", async () => {
  await show([refused]);
  expect(root.textContent).toBe("film.pdf is larger than 10 MB");
  await pass(4_000);
  await show([refused, new File(["x"], "bill.pdf")]);
  expect([attached, root.textContent]).toEqual([["film.pdf", "bill.pdf"], ""]);
  expect(onDone).toHaveBeenCalledOnce();
});

test("a refused file that is empty is told so", async () => {
  const attach = async (): Promise<boolean> => false;
  await act(async () => render(<Files {...{ attach, onDone }} {...still} files={[new File([], "bill.pdf")]} />, root));
  await pass(0);
  expect(root.textContent).toBe("bill.pdf is empty");
});

test("a photo's form that opens while a refusal is shown stays open", async () => {
  await show([refused]);
  await pass(4_000);
  await show([refused, photo]);
  expect(form()).not.toBeNull();
  await pass(20_000);
  expect([onDone.mock.calls.length, attached]).toEqual([0, ["film.pdf"]]);
});

test("what is dropped on an open form is ignored", async () => {
  await show([photo]);
  const before = form();
  await show([photo, new File(["x"], "bill.pdf")]);
  await pass(20_000);
  expect([form() === before, attached, onDone.mock.calls.length]).toEqual([true, [], 0]);
});
