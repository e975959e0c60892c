import { expect, it } from "vitest";
import { DeskWatch, OPEN } from "./desk-watch.ts";

const mates = Array.from({ length: 200 }, (_, place) => `a-${place}`);
const topicsOf = (watch: DeskWatch): string[] => watch.filters("a-ana").map(([topic]) => topic);
const openAll = (watch: DeskWatch, count: number): void => {
  for (let place = 1; place <= count; place++) watch.open(`c-${place}`);
};

it("never closes the conversation on screen for others", () => {
  const watch = new DeskWatch({ mine: null, reads: null, mates: [] });
  watch.setShown("c-1");
  openAll(watch, OPEN + 2);
  expect(watch.surplus()).toEqual(["c-2"]);
});

it("hears what is open before the members of its teams, so that the first SUBSCRIBE holds it", () => {
  const watch = new DeskWatch({ mine: ["t-north"], reads: ["t-north"], mates });
  watch.count(1_000);
  openAll(watch, OPEN);
  const topics = topicsOf(watch);
  expect(topics.findLastIndex((topic) => topic.startsWith("team/"))).toBeLessThan(200);
  expect(topics).toContain("desk/presence/a-199");
});

it("follows a conversation whose filters found no place when it is opened again", () => {
  const watch = new DeskWatch({ mine: null, reads: null, mates: [] });
  openAll(watch, 200);
  expect(topicsOf(watch)).not.toContain("support/c-1/log");
  expect([watch.open("c-200"), watch.open("c-1")]).toEqual([false, true]);
  expect(topicsOf(watch)).toContain("support/c-1/log");
  expect(watch.open("c-1")).toBe(false);
});
