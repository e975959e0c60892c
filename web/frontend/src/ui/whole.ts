/**
 * Write whole numbers in groups of three digits, without Intl, whose first object costs a page 17 ms before it draws;
 * `whole.test.ts` holds this against Intl.
 */
export const wholeIn =
  (separator: string) =>
  (n: number): string =>
    `${n}`.replace(/\B(?=(...)+$)/g, separator);
