/** How Romanian counts, and how it lists. */

const rules = new Intl.PluralRules("ro");
const numbers = new Intl.NumberFormat("ro");
const lists = new Intl.ListFormat("ro");

export const number = (n: number): string => numbers.format(n);

/** Three forms: 1 mesaj, 2 mesaje, 20 de mesaje. */
export const count = (n: number, one: string, few: string): string => {
  const form = rules.select(n);
  return `${number(n)} ${form === "one" ? one : form === "few" ? few : `de ${few}`}`;
};

export const list = (names: readonly string[]): string => lists.format(names);
