/** Checks of values and objects in parsed JSON. Pure. */

import { isMessageId, isName, roleOf } from "./ids.ts";

export const MAX_TEXT = 4_000;
/** The year 9999: calendars end there or soon after. */
export const MAX_MOMENT = 253_370_764_800_000;

/** Return the number of Unicode code points, which the limit counts. */
export const countCharacters = (text: string): number => [...text].length;

/** Return why a text cannot be sent; null when it can. */
export function checkText(text: string): null | "empty" | "too_long" | "control_character" {
  if (text === "") return "empty";
  if (text.length > MAX_TEXT && countCharacters(text) > MAX_TEXT) return "too_long";
  // Unicode category Cc without newline and tab.
  return /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text) ? "control_character" : null;
}

export type Fields = Readonly<Record<string, unknown>>;
export type Check<T = unknown> = (value: unknown) => value is T;
/** The checks of an object's fields. */
export type Needs = Readonly<Record<string, Check>>;
type Of<C> = C extends Check<infer T> ? T : never;
type Optional<N extends Needs> = { [K in keyof N]: null extends Of<N[K]> ? K : never }[keyof N];
/** The object that fulfils these checks; what may be null may be absent. */
export type Shape<N extends Needs> = { readonly [K in Exclude<keyof N, Optional<N>>]: Of<N[K]> } & {
  readonly [K in Optional<N>]?: NonNullable<Of<N[K]>>;
};

export const isString = (value: unknown): value is string => typeof value === "string";
export const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
export const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
export const isCount = (value: unknown): value is number => isWhole(value) && value >= 0;
export const isMoment = (value: unknown): value is number => isCount(value) && value <= MAX_MOMENT;
export const isSeq = (value: unknown): value is number => isWhole(value) && value >= 1;
export const isTrue = (value: unknown): value is true => value === true;
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const isRef = (value: unknown): value is string => isString(value) && isMessageId(value);
export const isLevel = (value: unknown): value is string => isString(value) && isName(value);
export const isText = (value: unknown): value is string =>
  isString(value) && wellFormed(value) && checkText(value) === null;
export const isShort = (value: unknown): value is string => isText(value) && countCharacters(value) <= 200;
/* @__NO_SIDE_EFFECTS__ */
export const ofRole =
  (...roles: string[]) =>
  (value: unknown): value is string =>
    isString(value) && roles.includes(roleOf(value) ?? "");
/* @__NO_SIDE_EFFECTS__ */
export const oneOf =
  <const T>(...values: readonly T[]) =>
  (value: unknown): value is T =>
    values.includes(value as T);
/** Allow absent and null. */
/* @__NO_SIDE_EFFECTS__ */
export const maybe =
  <T>(check: Check<T>) =>
  (value: unknown): value is T | null | undefined =>
    value === undefined || value === null || check(value);
/* @__NO_SIDE_EFFECTS__ */
export const listOf =
  <T>(check: Check<T>) =>
  (value: unknown): value is readonly T[] =>
    Array.isArray(value) && value.every(check);
/* @__NO_SIDE_EFFECTS__ */
export const shaped =
  <N extends Needs>(needs: N) =>
  (value: unknown): value is Shape<N> =>
    pick(value, needs) !== null;

export const isClient = ofRole("client");
export const isAgent = ofRole("agent", "bot");

/** Return whether the text has no lone surrogate, which UTF-8 cannot write. */
function wellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

/** Return the known fields without absent ones; null when one is malformed. */
export function pick<N extends Needs>(value: unknown, needs: N): Shape<N> | null {
  if (!isFields(value)) return null;
  const picked: Record<string, unknown> = {};
  for (const [field, check] of Object.entries(needs)) {
    if (!check(value[field])) return null;
    if (value[field] !== undefined && value[field] !== null) picked[field] = value[field];
  }
  return picked as Shape<N>;
}
