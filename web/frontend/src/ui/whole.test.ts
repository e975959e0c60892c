import { describe, expect, it } from "vitest";
import * as de from "./messages/de.ts";
import * as en from "./messages/en.ts";
import * as ro from "./messages/ro.ts";

const TEXTS = { de, en, ro };
const NUMBERS = [...Array(1_200).keys(), 9_999, 10_000, 12_019, 12_020, 1_234_567];

describe.each(Object.keys(TEXTS) as (keyof typeof TEXTS)[])("whole numbers in %s", (lang) => {
  const rules = new Intl.PluralRules(lang);
  const format = new Intl.NumberFormat(lang);

  it("are written as Intl does", () => {
    expect(NUMBERS.map(TEXTS[lang].number)).toEqual(NUMBERS.map((n) => format.format(n)));
  });

  it("take the plural that Intl's rules give", () => {
    const word: Partial<Record<Intl.LDMLPluralRule, string>> = {
      one: "one",
      few: "more",
      other: lang === "ro" ? "de more" : "more",
    };
    expect(NUMBERS.map((n) => TEXTS[lang].count(n, "one", "more"))).toEqual(
      NUMBERS.map((n) => `${format.format(n)} ${word[rules.select(n)]}`),
    );
  });
});
