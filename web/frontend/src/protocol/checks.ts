/** Checks of single values in JSON that is already parsed, and of the fields of an object. Pure. */

import { isMessageId, isName, roleOf } from "./ids.ts";

export const MAX_TEXT = 4_000;
/** What is said lies before the year 9999; calendars end there or a little later. */
export const MAX_MOMENT = 253_370_764_800_000;

/** The number of Unicode code points, which is what the limit counts. */
export const countCharacters = (text: string): number => [...text].length;

/** Why the text cannot be said, or null when it can. */
export function checkText(text: string): null | "empty" | "too_long" | "control_character" {
  if (text === "") return "empty";
  if (text.length > MAX_TEXT && countCharacters(text) > MAX_TEXT) return "too_long";
  // Unicode category Cc but newline and tab.
  return /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text) ? "control_character" : null;
}

export type Fields = Readonly<Record<string, unknown>>;
export type Check = (value: unknown) => boolean;
export type Needs = Readonly<Record<string, Check>>;

export const isString = (value: unknown): value is string => typeof value === "string";
export const isBoolean: Check = (value) => typeof value === "boolean";
export const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
export const isCount: Check = (value) => isWhole(value) && value >= 0;
export const isMoment: Check = (value) => isCount(value) && (value as number) <= MAX_MOMENT;
export const isSeq: Check = (value) => isWhole(value) && value >= 1;
export const isTrue: Check = (value) => value === true;
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const isRef: Check = (value) => isString(value) && isMessageId(value);
export const isLevel: Check = (value) => isString(value) && isName(value);
export const isText: Check = (value) => isString(value) && wellFormed(value) && checkText(value) === null;
export const isShort: Check = (value) => isText(value) && countCharacters(value as string) <= 200;
/* @__NO_SIDE_EFFECTS__ */
export const ofRole =
  (...roles: string[]): Check =>
  (value) =>
    isString(value) && roles.includes(roleOf(value) ?? "");
/* @__NO_SIDE_EFFECTS__ */
export const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
/** Absent is allowed, null is absent. */
/* @__NO_SIDE_EFFECTS__ */
export const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);
/* @__NO_SIDE_EFFECTS__ */
export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/* @__NO_SIDE_EFFECTS__ */
export const shaped =
  (needs: Needs): Check =>
  (value) =>
    pick(value, needs) !== null;

export const isClient = ofRole("client");
export const isAgent = ofRole("agent", "bot");

/** A lone surrogate is no text: it cannot be written in UTF-8. */
function wellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

/** The needed fields of the value, absent ones left out; null when one is out of form. */
export function pick(value: unknown, needs: Needs): Fields | null {
  if (!isFields(value)) return null;
  const picked: Record<string, unknown> = {};
  for (const [field, check] of Object.entries(needs)) {
    if (!check(value[field])) return null;
    if (value[field] !== undefined && value[field] !== null) picked[field] = value[field];
  }
  return picked;
}
