/** The words of a year's curve, in English and in Romanian: for the board. */

import { both, type Lang, type Spoken } from "./messages.ts";

export const yearMessages = /* @__PURE__ */ both(
  {
    year: "Year",
    lastYear: "last 12 months, each quarter of an hour",
    curve: (what: string, from: string, to: string) => `Curve: ${what}, ${from} to ${to}`,
    chooseDays: "Drag to choose days, or use the arrows and Enter to choose one",
  },
  {
    year: "An",
    lastYear: "ultimele 12 luni, fiecare sfert de oră",
    curve: (what, from, to) => `Curbă: ${what}, ${from} – ${to}`,
    chooseDays: "Trageți peste zile pentru a le alege sau alegeți una cu săgețile și Enter",
  },
);

export type YearTexts = Spoken<(typeof yearMessages)["en"]>;

export const yearTextsFor = (lang: Lang): YearTexts => ({ ...yearMessages[lang], lang });
