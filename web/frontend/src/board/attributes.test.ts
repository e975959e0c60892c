import { expect, test } from "vitest";

import { attributesText, parseAttributes } from "./attributes.ts";

test("attributes are read one on each line, each once, and written back; a line that is none is refused", () => {
  expect(parseAttributes("plan = Solar\n\nTariff since: 2024-03-01\nplan=Solar")).toEqual([
    "plan:Solar",
    "tariff_since:2024-03-01",
  ]);
  expect(parseAttributes("")).toEqual([]);
  for (const wrong of ["plan", "plan =", "= Solar", "2plan = x", "plán = x"])
    expect(parseAttributes(wrong)).toBeUndefined();
  expect(attributesText(["plan:Solar", "at:10:30"])).toBe("plan = Solar\nat = 10:30");
});
