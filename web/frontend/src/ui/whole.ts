/**
 * Write whole numbers without Intl, whose first object costs a page 17 ms before it draws; from 1,000 on Intl groups the
 * digits. `whole.test.ts` holds this against Intl.
 */
export function wholeIn(lang: string): (n: number) => string {
  let format: Intl.NumberFormat | undefined;
  return (n) => (n < 1_000 ? `${n}` : (format ??= new Intl.NumberFormat(lang)).format(n));
}
