import { expect, test } from "vitest";
import { windowOf } from "./virtual-list.tsx";

test("only what is in view and a little beside it is drawn, wherever one has scrolled to", () => {
  for (const topPx of [0, 1, 64, 5_000, 319_500, 639_000, 640_000]) {
    const { first, end } = windowOf(10_000, topPx, 800, 64);
    expect(end - first).toBeLessThan(30);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(end).toBeLessThanOrEqual(10_000);
    expect(first * 64).toBeLessThanOrEqual(topPx);
    expect(end * 64).toBeGreaterThanOrEqual(Math.min(640_000, topPx + 800));
  }
  expect(windowOf(3, 0, 800, 64)).toEqual({ first: 0, end: 3 });
  expect(windowOf(3, 640_000, 800, 64).end).toBe(3);
});
