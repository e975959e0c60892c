import { expect, it } from "vitest";
import { DeskWatch, OPEN } from "./desk-watch.ts";

const topicsOf = (watch: DeskWatch): string[] => watch.filters("a-ana").map(([topic]) => topic);
const openAll = (watch: DeskWatch, count: number): void => {
  for (let place = 1; place <= count; place++) watch.open(`c-${place}`);
};

it("never closes the conversation on screen for others", () => {
  const watch = new DeskWatch({ mine: null, reads: null });
  watch.setShown("c-1");
  openAll(watch, OPEN + 2);
  expect(watch.surplus()).toEqual(["c-2"]);
});

it("follows a conversation whose filters found no place when it is opened again", () => {
  const watch = new DeskWatch({ mine: null, reads: null });
  openAll(watch, 200);
  expect(topicsOf(watch)).not.toContain("support/c-1/log");
  expect([watch.open("c-200"), watch.open("c-1")]).toEqual([false, true]);
  expect(topicsOf(watch)).toContain("support/c-1/log");
  expect(watch.open("c-1")).toBe(false);
});
