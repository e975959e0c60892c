import { expect, it } from "vitest";
import { soon } from "./soon.ts";

it("of several in one go only the last runs, and before anything else", async () => {
  const draw = soon();
  const ran: string[] = [];
  setTimeout(() => ran.push("the next task"));
  for (const name of ["one", "two", "three"]) draw(() => ran.push(name));
  expect(ran).toEqual([]);
  await Promise.resolve();
  expect(ran).toEqual(["three"]);
  await new Promise((next) => setTimeout(next, 5));
  expect(ran).toEqual(["three", "the next task"]);
});
