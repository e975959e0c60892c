// @vitest-environment happy-dom
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
    (props) => missed.push(props),
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
