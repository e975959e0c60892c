import { expect, test } from "vitest";
import { vectors } from "../vectors.ts";
import { cost } from "./format.ts";
import { chartMessages, LANGS } from "./messages.ts";
import { factsOf, restInWords } from "./period-facts.ts";

test.each<any>(vectors("cost").cases)("$wh Wh cost the same in the browser and in the bot's answer", (given) => {
  for (const lang of LANGS) expect(cost(lang, given.wh, given.price)).toBe(given[lang]);
});

test("the cost of the chosen bars stands among their facts, and only where a price is known", () => {
  const bars = [2_000, 6_000].map((wh, hour) => ({ at: hour, wh, estimated: 0.5 }));
  const words = (price?: { amount: number; currency: string }): string[] =>
    restInWords(chartMessages.en, "en", factsOf(bars, 1, 1, price), true);
  expect(words({ amount: 0.25, currency: "EUR" })).toEqual(["75% of the day", "about €1.50", "50% estimated"]);
  expect(words()).toEqual(["75% of the day", "50% estimated"]);
});
