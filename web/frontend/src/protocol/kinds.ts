/** The catalogue of message kinds, as in chat_core.contract.kinds; tests/vectors/kinds.json keeps both equal. Pure. */

import {
  countCharacters,
  type Fields,
  isCount,
  isLevel,
  isRef,
  isSeq,
  isShort,
  isText,
  listOf,
  maybe,
  oneOf,
  type Shape,
  shaped,
} from "./checks.ts";

export const FILE = {
  file: isRef,
  name: isShort,
  type: isShort,
  size: isCount,
  /** Of a picture, in pixels. */
  width: maybe(isSeq),
  height: maybe(isSeq),
};
const CARD = { meter: isLevel, from: isCount, to: isCount };
const RATING = { score: oneOf<number>(1, 2, 3, 4, 5), text: maybe(isText) };
export type File = Shape<typeof FILE>;
export type Card = Shape<typeof CARD>;
export type Rating = Shape<typeof RATING>;
const isCard = (value: unknown): value is Card => shaped(CARD)(value) && value.to > value.from;
const isReply = (value: unknown): value is string => isText(value) && countCharacters(value) <= 40;
const areReplies = (value: unknown): value is readonly string[] => listOf(isReply)(value) && value.length <= 6;
/** Every field of any kind. */
export const BODY = {
  text: maybe(isText),
  file: maybe(shaped(FILE)),
  card: maybe(isCard),
  rating: maybe(shaped(RATING)),
  /** Quick replies that the desk offers with a text. */
  replies: maybe(areReplies),
};
export type Body = Shape<typeof BODY>;

/** Kinds of message, each with its optional fields beside the one of its own name. */
export const KINDS = {
  text: ["replies"],
  file: [],
  card: [],
  rating: [],
} as const satisfies Partial<Record<keyof Body, readonly (keyof Body)[]>>;

export type SaidKind = keyof typeof KINDS;
export const SAID_KINDS: readonly string[] = /* @__PURE__ */ Object.keys(KINDS);

/** The key of the one-line title of each kind but text (ui/messages). */
export const TITLES = { file: "aFile", card: "card", rating: "aRating" } as const satisfies Record<
  Exclude<SaidKind, "text">,
  string
>;

/** Return whether the message has its kind's field and no field of another kind. */
export function hasBody(body: Fields, kind: string): boolean {
  const beside: readonly string[] = KINDS[kind as SaidKind];
  return Object.keys(BODY).every((field) => beside.includes(field) || (body[field] !== undefined) === (field === kind));
}
