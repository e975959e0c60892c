// @vitest-environment happy-dom
import { type ComponentChild, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, test, vi } from "vitest";

import type { MailAskProps } from "./mail-ask.tsx";

/** What was drawn, in order; the chunk comes when `come` is called. */
const drawn: [part: string, props: unknown][] = [];
let come = (): void => {};
const coming = new Promise<void>((resolve) => {
  come = resolve;
});
vi.mock("./later.tsx", async () => {
  await coming;
  return { draw: (_: Node, part: string, props: unknown) => drawn.push([part, props]), remove: () => undefined };
});

import { Lazy } from "./lazy.tsx";

const root = document.createElement("div");
const both = (one: ComponentChild, other: ComponentChild) => (
  <>
    {one}
    {other}
  </>
);
afterEach(() => render(null, root));

test("a part that takes another's place while the chunk loads is drawn with its own properties alone", async () => {
  const replies = { replies: ["Yes"] } as never;
  const leaving = { client: "c-5" } as MailAskProps;
  await act(() => render(both(<Lazy part="replies" props={replies} />, <p />), root));
  render(both(false, <Lazy part="leaving" props={leaving} />), root); // its effects run after the next frame
  come();
  await vi.waitFor(() => expect(drawn.at(-1)).toEqual(["leaving", leaving]));
  expect(drawn).not.toContainEqual(["replies", leaving]);
});

test("a part that is drawn takes a change at once, before the next press can come", async () => {
  const replies = (text: string) => <Lazy part="replies" props={{ replies: [text] } as never} />;
  await act(() => render(replies("Yes"), root));
  await vi.waitFor(() => expect(drawn).toContainEqual(["replies", { replies: ["Yes"] }]));
  render(replies("No"), root);
  expect(drawn.at(-1)).toEqual(["replies", { replies: ["No"] }]);
});
