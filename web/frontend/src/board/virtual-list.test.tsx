// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test } from "vitest";
import { offsetsOf, VirtualList, windowOf } from "./virtual-list.tsx";

const keys = (n: number): string[] => Array.from({ length: n }, (_, place) => `c-${place}`);

test("only what is in view and a little beside it is drawn, wherever one has scrolled to", () => {
  const offsets = offsetsOf(keys(10_000), new Map(), 64);
  for (const topPx of [0, 1, 64, 5_000, 319_500, 639_000, 640_000]) {
    const { first, end } = windowOf(offsets, topPx, 800);
    expect(end - first).toBeLessThan(30);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(end).toBeLessThanOrEqual(10_000);
    expect(first * 64).toBeLessThanOrEqual(topPx);
    expect(end * 64).toBeGreaterThanOrEqual(Math.min(640_000, topPx + 800));
  }
  const three = offsetsOf(keys(3), new Map(), 64);
  expect(windowOf(three, 0, 800)).toEqual({ first: 0, end: 3 });
  expect(windowOf(three, 640_000, 800).end).toBe(3);
});

test("a row takes its own height, and one that was never drawn takes the first one's", () => {
  const offsets = offsetsOf(keys(4), new Map([["c-1", 88]]), 106);
  expect(offsets).toEqual([0, 106, 194, 300, 406]);
  const low = offsetsOf(keys(100), new Map(keys(100).map((key) => [key, 40])), 106);
  expect(windowOf(low, 2_000, 400)).toEqual({ first: 44, end: 67 });
});

test("a row is drawn again only when its item is another one", async () => {
  const root = document.createElement("div");
  const drawn: string[] = [];
  const draw = ({ id, words }: { id: string; words: string }) => {
    drawn.push(`${id}: ${words}`);
    return <span>{words}</span>;
  };
  const show = (items: readonly { id: string; words: string }[], cursor: string | null) =>
    act(() => {
      const rest = { label: "All", onEnd: () => undefined, onDrawn: () => undefined };
      render(<VirtualList items={items} keyOf={({ id }) => id} draw={draw} cursor={cursor} {...rest} />, root);
    });
  const [one, two] = [
    { id: "c-1", words: "Why?" },
    { id: "c-2", words: "Hello" },
  ];
  await show([one, two], null);
  await show([one, two], "c-2");
  expect(drawn).toEqual(["c-1: Why?", "c-2: Hello"]);
  await show([{ ...two, words: "Thanks" }, one], "c-2");
  expect(drawn.slice(2)).toEqual(["c-2: Thanks"]);
  expect([...root.querySelectorAll("li")].map((row) => row.textContent)).toEqual(["Thanks", "Why?"]);
  expect([...root.querySelectorAll("li")].map((row) => row.getAttribute("aria-posinset"))).toEqual(["1", "2"]);
});

test("the first frame has the rows in view alone; those beside them come at once", async () => {
  const root = document.createElement("div");
  const items = keys(100).map((id) => ({ id }));
  const rest = { cursor: null, label: "All", onEnd: () => undefined, onDrawn: () => undefined };
  await act(() => {
    render(<VirtualList items={items} keyOf={({ id }) => id} draw={({ id }) => <b>{id}</b>} {...rest} />, root);
  });
  const inView = Math.ceil(window.innerHeight / 64);
  expect(root.querySelectorAll("b")).toHaveLength(inView + 1);
  await act(() => void root.querySelector("ul")?.dispatchEvent(new Event("scroll")));
  expect(root.querySelectorAll("b").length).toBeGreaterThan(inView + 6);
});
