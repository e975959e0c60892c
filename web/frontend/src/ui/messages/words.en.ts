/** How English counts, and how it lists. */

const rules = new Intl.PluralRules("en");
const numbers = new Intl.NumberFormat("en");
const lists = new Intl.ListFormat("en");

export const number = (n: number): string => numbers.format(n);

export const count = (n: number, one: string, other: string): string =>
  `${number(n)} ${rules.select(n) === "one" ? one : other}`;

export const list = (names: readonly string[]): string => lists.format(names);
