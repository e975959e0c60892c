/** How Romanian counts, and how it lists. Made when first asked, as in English. */

let rules: Intl.PluralRules | undefined;
let numbers: Intl.NumberFormat | undefined;
let lists: Intl.ListFormat | undefined;

export const number = (n: number): string => (numbers ??= new Intl.NumberFormat("ro")).format(n);

/** Three forms: 1 mesaj, 2 mesaje, 20 de mesaje. */
export const count = (n: number, one: string, few: string): string => {
  const form = (rules ??= new Intl.PluralRules("ro")).select(n);
  return `${number(n)} ${form === "one" ? one : form === "few" ? few : `de ${few}`}`;
};

export const list = (names: readonly string[]): string => (lists ??= new Intl.ListFormat("ro")).format(names);
