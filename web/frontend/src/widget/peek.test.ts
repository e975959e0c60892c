import { expect, test } from "vitest";

import { beginOf } from "./peek.tsx";

test("a preview's text ends with a whole word, without the comma after it; a short text is whole", () => {
  const question = "That looks like a water heater without its timer. What does its switch say?";
  expect(beginOf(question)).toBe(question);
  expect(beginOf(`${question} Please, look at the label beside it.`)).toBe(`${question} Please …`);
  expect(beginOf("x".repeat(200))).toBe(`${"x".repeat(84)} …`);
});
