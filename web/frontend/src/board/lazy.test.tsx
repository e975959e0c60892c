// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, test, vi } from "vitest";

import { boardTextsFor } from "../ui/messages.ts";
import { lazy, MissingPart } from "./lazy.tsx";

test("a part that does not load is told with a way on, and is asked for again when it is opened again", async () => {
  let isReached = false;
  const missed: object[] = [];
  const Part = lazy(
    async () => {
      if (!isReached) throw new Error("the server does not answer");
      return () => <p>here</p>;
    },
    { onMissing: (props) => missed.push(props) },
  );
  const root = document.createElement("div");
  const draw = (open: boolean): void =>
    render(
      <>
        <MissingPart t={boardTextsFor("en")} />
        {open && <Part />}
      </>,
      root,
    );
  draw(true);
  await vi.waitFor(() => expect(root.textContent).toBe("This part of the board could not be loaded.Reload the page"));
  expect(missed).toHaveLength(1);
  draw(false);
  isReached = true;
  draw(true);
  await vi.waitFor(() => expect(root.textContent).toBe("here"));
});

test("a part that stays on screen is asked for again when the connection is live again", async () => {
  const isLive = signal(false);
  const load = vi.fn(async () => {
    if (!isLive.peek()) throw new Error("the server does not answer");
    return () => <p>here</p>;
  });
  const Part = lazy(load, { again: () => isLive.value });
  const root = document.createElement("div");
  render(<Part />, root);
  await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(1));
  isLive.value = true;
  await vi.waitFor(() => expect(root.textContent).toBe("here"));
});
