import { expect, test } from "vitest";
import { parsePrice } from "./tariff.tsx";

test.each([
  ["0.29", 0.29, 0.29],
  [" 0,29 ", 0.29, 0.29],
  ["1.250", 1.25, undefined],
  ["1,250", undefined, 1.25],
  ["0.125", 0.125, 0.125],
  ["0,125", 0.125, 0.125],
  ["12,5", 12.5, 12.5],
  ["1,250.5", undefined, undefined],
  ["0", undefined, undefined],
  ["", null, null],
])("%j is a price by the language's decimal sign, and wrong where it may group thousands", (text, en, other) => {
  expect([parsePrice(text, "en"), parsePrice(text, "ro"), parsePrice(text, "de")]).toEqual([en, other, other]);
});
