// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";

import { Faces } from "./faces.ts";

test("each agent's photo is asked for once, again some time after a failure, and is drawn over the initials", async () => {
  vi.useFakeTimers();
  const faces = new Faces();
  const asked: (readonly string[])[] = [];
  let fails = true;
  const ask = async (ids: readonly string[]) => {
    asked.push(ids);
    if (fails) throw new Error("away");
    return { "a-ana": "/faces/1.webp" };
  };
  await faces.want(["a-ana", "c-42", "b-bot", "a-ana"], ask);
  await faces.want(["a-ana"], ask);
  expect(asked).toEqual([["a-ana"]]);
  vi.runAllTimers();
  vi.useRealTimers();
  fails = false;
  await faces.want(["a-ana"], ask);
  await faces.want(["a-ana", "a-radu"], ask);
  expect(asked).toEqual([["a-ana"], ["a-ana"], ["a-radu"]]);
  const rules = () => [...faces.sheet.cssRules].map(({ cssText }) => cssText);
  expect(rules()).toEqual([expect.stringContaining('[data-who="a-ana"]::after')]);
  faces.change("a-ana", undefined);
  expect(rules()).toEqual([]);
});
