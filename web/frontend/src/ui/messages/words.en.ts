/** How English counts, and how it lists. Made when first asked: a page that only shows a button pays for none of it. */

let rules: Intl.PluralRules | undefined;
let numbers: Intl.NumberFormat | undefined;
let lists: Intl.ListFormat | undefined;

export const number = (n: number): string => (numbers ??= new Intl.NumberFormat("en")).format(n);

export const count = (n: number, one: string, other: string): string =>
  `${number(n)} ${(rules ??= new Intl.PluralRules("en")).select(n) === "one" ? one : other}`;

export const list = (names: readonly string[]): string => (lists ??= new Intl.ListFormat("en")).format(names);
