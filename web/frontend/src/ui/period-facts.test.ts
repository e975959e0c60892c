import { expect, test } from "vitest";

import { vectors } from "../vectors.ts";
import { cost } from "./format.ts";
import { chartMessages, LANGS } from "./messages.ts";
import { differenceInWords, factsOf, restInWords } from "./period-facts.ts";

const HOUR = 3_600_000;
const NOW = 30 * HOUR;

test.each<any>(vectors("cost").cases)("$wh Wh cost the same in the browser and on the server", (given) => {
  for (const lang of LANGS) expect(cost(lang, given.wh, given.price)).toBe(given[lang]);
});

test.each([
  [34_560, 2_240, "32.4 kWh more than usual"],
  [2_240, 34_560, "32.4 kWh less than usual"],
  [640, 590, "0.05 kWh more than usual"],
  [123_400, 2_240, "121 kWh more than usual"],
  [1_510, 1_490, "as usual"],
  [6, 9, "as usual"],
  [12, 3, "0.01 kWh more than usual"],
])("%i Wh instead of %i is the difference of the shown figures", (wh, usualWh, words) => {
  const facts = factsOf([{ at: 0, wh, usualWh }], 0, 0, NOW);
  expect(differenceInWords(chartMessages.en, "en", facts)).toBe(words);
});

test("what runs is compared with the usual until now: an hour with its part, a whole day with nothing", () => {
  const now = NOW - HOUR / 2;
  const words = (at: number, to: number): string =>
    differenceInWords(chartMessages.en, "en", factsOf([{ at, to, wh: 500, usualWh: 2_000 }], 0, 0, now));
  expect(words(NOW - HOUR, NOW)).toBe("0.50 kWh less than usual");
  expect(words(24 * HOUR, 48 * HOUR)).toBe("");
  expect(words(0, 24 * HOUR)).toBe("1.5 kWh less than usual");
});

test("the cost of the chosen bars stands among their facts, and only where a price is known", () => {
  const bars = [2_000, 6_000].map((wh, hour) => ({ at: hour, wh, estimated: 0.5 }));
  const words = (price?: { amount: number; currency: string }): string[] =>
    restInWords(chartMessages.en, "en", factsOf(bars, 1, 1, NOW, price), true);
  expect(words({ amount: 0.25, currency: "EUR" })).toEqual(["75% of the day", "about €1.50", "50% estimated"]);
  expect(words()).toEqual(["75% of the day", "50% estimated"]);
});

test("a share of the day that would read as 0% is left out", () => {
  const bars = [180, 40_000].map((wh, hour) => ({ at: hour, wh }));
  expect(restInWords(chartMessages.en, "en", factsOf(bars, 0, 0, NOW), true)).toEqual([]);
});
