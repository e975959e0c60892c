/**
 * The catalogue of kinds: what can be said, and what a screen knows of each, a mirror of chat_core.contract.kinds. Pure.
 * tests/vectors/kinds.json holds both equal.
 */

import {
  type Check,
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
  type Needs,
  oneOf,
  shaped,
} from "./checks.ts";

export interface File {
  readonly file: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /** Of a picture, in pixels. */
  readonly width?: number;
  readonly height?: number;
}
export interface Card {
  readonly meter: string;
  readonly from: number;
  readonly to: number;
}
export interface Rating {
  readonly score: number;
  readonly text?: string;
}
export interface Body {
  readonly text?: string;
  readonly file?: File;
  readonly card?: Card;
  readonly rating?: Rating;
  /** Of a text from the desk: what the client may answer at a press. */
  readonly replies?: readonly string[];
}

/** What can be said, and what a message of each kind may have beside the field of the kind's own name. */
export const KINDS = {
  text: ["replies"],
  file: [],
  card: [],
  rating: [],
} as const satisfies Partial<Record<keyof Body, readonly (keyof Body)[]>>;

export type SaidKind = keyof typeof KINDS;
export const SAID_KINDS: readonly string[] = /* @__PURE__ */ Object.keys(KINDS);

/** What one line says of a message that is no text, by the name of the text (ui/messages). */
export const TITLES = { file: "aFile", card: "card", rating: "aRating" } as const satisfies Record<
  Exclude<SaidKind, "text">,
  string
>;

export const FILE: Needs = {
  file: isRef,
  name: isShort,
  type: isShort,
  size: isCount,
  width: maybe(isSeq),
  height: maybe(isSeq),
};
const CARD: Needs = { meter: isLevel, from: isCount, to: isCount };
const RATING: Needs = { score: oneOf(1, 2, 3, 4, 5), text: maybe(isText) };
/** Quick replies: at most 6, of at most 40 characters. */
const isReply: Check = (value) => isText(value) && countCharacters(value as string) <= 40;
/** Every field that a kind carries. */
export const BODY: Needs & Record<keyof Body, Check> = {
  text: maybe(isText),
  file: maybe(shaped(FILE)),
  card: maybe((value) => shaped(CARD)(value) && (value as Card).to > (value as Card).from),
  rating: maybe(shaped(RATING)),
  replies: maybe((value) => listOf(isReply)(value) && (value as readonly string[]).length <= 6),
};

/** Whether the message has its kind's own field, and no field of another kind. */
export function hasBody(body: Fields, kind: string): boolean {
  const beside: readonly string[] = KINDS[kind as SaidKind];
  return Object.keys(BODY).every((field) => beside.includes(field) || (body[field] !== undefined) === (field === kind));
}
