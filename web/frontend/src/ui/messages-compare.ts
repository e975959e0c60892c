/** The words of comparing consumption, in English and in Romanian: for the board and the portal. */

import { both, type Lang, type Spoken } from "./messages.ts";

export const compareMessages = /* @__PURE__ */ both(
  {
    compareWith: "Compare with",
    none: "nothing",
    week: "the week before",
    standard: "a standard household",
    used: "used",
    ofWeek: "the week before",
    ofStandard: "standard household (BDEW H0)",
    onWeek: (difference: string) => `${difference} on the week before`,
    onStandard: (year: string) => `beside a standard household of ${year} a year`,
    nothingKnown: "Nothing to compare with yet",
  },
  {
    compareWith: "Compară cu",
    none: "nimic",
    week: "săptămâna dinainte",
    standard: "o gospodărie standard",
    used: "consumat",
    ofWeek: "săptămâna dinainte",
    ofStandard: "gospodărie standard (BDEW H0)",
    onWeek: (difference) => `${difference} față de săptămâna dinainte`,
    onStandard: (year) => `alături de o gospodărie standard cu ${year} pe an`,
    nothingKnown: "Încă nu este nimic de comparat",
  },
);

export type CompareTexts = Spoken<(typeof compareMessages)["en"]>;

export const compareTextsFor = (lang: Lang): CompareTexts => ({ ...compareMessages[lang], lang });
