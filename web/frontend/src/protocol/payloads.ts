/**
 * Every message that the browser builds or reads, a mirror of chat_core.contract.payloads. Touches nothing.
 * Tolerant in what is read (unknown fields are dropped), strict in what it needs; a payload out of form is null.
 */

import { isMessageId, isName, roleOf } from "./ids.ts";
import type { Translated } from "./translated.ts";

export const MAX_TEXT = 4_000;
export const MAX_BYTES = 65_536;
/** What is said lies before the year 9999; calendars end there or a little later. */
const MAX_MOMENT = 253_370_764_800_000;
/** Quick replies: how many at most, and how long each. */
export const MAX_REPLIES = 6;
export const MAX_REPLY = 40;

export type SaidKind = "text" | "file" | "card" | "rating";
export type EventKind = "opened" | "assigned" | "joined" | "resolved" | "reopened" | "edited" | "deleted" | "erased";
export const SAID_KINDS: readonly string[] = ["text", "file", "card", "rating"];

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
interface Body {
  readonly text?: string;
  readonly file?: File;
  readonly card?: Card;
  readonly rating?: Rating;
  /** Of a text from the desk: what the client may answer at a press. */
  readonly replies?: readonly string[];
}
export interface Said extends Body {
  readonly id: string;
  readonly kind: SaidKind;
  readonly sent: number;
}
export type Origin = "call" | "answer" | "handover" | "alarm" | "storm";
export interface Entry extends Body {
  readonly seq: number;
  readonly id: string;
  readonly from: string;
  readonly at: number;
  readonly kind: SaidKind | EventKind;
  /** What made it; absent: a person. */
  readonly origin?: Origin;
  readonly of?: number;
  readonly to?: string;
  readonly was?: string;
  readonly edited?: true;
  readonly deleted?: true;
}
export interface Marker {
  readonly delivered: number;
  readonly read: number;
}
export interface Typing {
  readonly on: boolean;
}
export interface Presence {
  readonly online: boolean;
  readonly conn: string;
}
export interface AgentPresence {
  readonly state: "online" | "away" | "offline";
  readonly conn: string;
  readonly viewing: string | null;
}
export type Status = "open" | "assigned" | "snoozed" | "resolved";
export type Priority = "low" | "normal" | "high";
export type CommandBody =
  | { readonly do: "assign"; readonly to: string | null }
  | { readonly do: "resolve" }
  | { readonly do: "reopen" }
  | { readonly do: "snooze"; readonly until: number }
  | { readonly do: "note"; readonly text: string }
  | { readonly do: "tag"; readonly add: readonly string[]; readonly remove: readonly string[] }
  | { readonly do: "priority"; readonly level: Priority }
  | { readonly do: "edit"; readonly of: number; readonly text: string }
  | { readonly do: "delete"; readonly of: number };
export interface NoticeBody {
  readonly do: "notice";
  readonly area: string;
  readonly text: Translated | null;
}
export type Command = { readonly id: string } & ((CommandBody & { readonly client: string }) | NoticeBody);
export interface Summary {
  readonly client: string;
  readonly rev: number;
  readonly status: Status;
  readonly assignee: string | null;
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly unread: number;
  readonly last: Entry | null;
  readonly name: string | null;
  readonly online: boolean;
  readonly waiting: number | null;
  readonly notes: number;
  readonly until: number | null;
  readonly did: readonly string[];
}
export interface Refusal {
  readonly id: string | null;
  readonly why: string;
  readonly text: string;
  readonly retryMs: number | null;
}
export interface DeskNotice {
  readonly open: boolean;
  /** How many agents are online. */
  readonly online: number;
  /** The first twelve of them, by id. */
  readonly agents: readonly { readonly id: string; readonly name: string }[];
  readonly next: number | null;
  readonly roll: string;
  readonly replyS: number | null;
}
export interface LiveReading {
  readonly meter: string;
  readonly at: number;
  readonly w: number;
}

/** The number of Unicode code points, which is what the limit counts. */
export const countCharacters = (text: string): number => [...text].length;

/** Why the text cannot be said, or null when it can. */
export function checkText(text: string): null | "empty" | "too_long" | "control_character" {
  if (text === "") return "empty";
  if (text.length > MAX_TEXT && countCharacters(text) > MAX_TEXT) return "too_long";
  // Unicode category Cc but newline and tab.
  return /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text) ? "control_character" : null;
}

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;
type Needs = Readonly<Record<string, Check>>;

const isString = (value: unknown): value is string => typeof value === "string";
const isBoolean: Check = (value) => typeof value === "boolean";
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
const isCount: Check = (value) => isWhole(value) && value >= 0;
const isMoment: Check = (value) => isCount(value) && (value as number) <= MAX_MOMENT;
const isSeq: Check = (value) => isWhole(value) && value >= 1;
const isTrue: Check = (value) => value === true;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isRef: Check = (value) => isString(value) && isMessageId(value);
const isLevel: Check = (value) => isString(value) && isName(value);
const isText: Check = (value) => isString(value) && wellFormed(value) && checkText(value) === null;
const isShort: Check = (value) => isText(value) && countCharacters(value as string) <= 200;
/* @__NO_SIDE_EFFECTS__ */
const ofRole =
  (...roles: string[]): Check =>
  (value) =>
    isString(value) && roles.includes(roleOf(value) ?? "");
/* @__NO_SIDE_EFFECTS__ */
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
/** Absent is allowed, null is absent. */
/* @__NO_SIDE_EFFECTS__ */
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);
/* @__NO_SIDE_EFFECTS__ */
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/* @__NO_SIDE_EFFECTS__ */
const shaped =
  (needs: Needs): Check =>
  (value) =>
    pick(value, needs) !== null;

const isClient = ofRole("client");
const isAgent = ofRole("agent", "bot");

/** A lone surrogate is no text: it cannot be written in UTF-8. */
function wellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

/** The needed fields of the value, absent ones left out; null when one is out of form. */
function pick(value: unknown, needs: Needs): Fields | null {
  if (!isFields(value)) return null;
  const picked: Record<string, unknown> = {};
  for (const [field, check] of Object.entries(needs)) {
    if (!check(value[field])) return null;
    if (value[field] !== undefined && value[field] !== null) picked[field] = value[field];
  }
  return picked;
}

const FILE: Needs = {
  file: isRef,
  name: isShort,
  type: isShort,
  size: isCount,
  width: maybe(isSeq),
  height: maybe(isSeq),
};
const CARD: Needs = { meter: isLevel, from: isCount, to: isCount };
const RATING: Needs = { score: oneOf(1, 2, 3, 4, 5), text: maybe(isText) };
const isReply: Check = (value) => isText(value) && countCharacters(value as string) <= MAX_REPLY;
const isBetween = (n: number, least: number, most: number): boolean => n >= least && n <= most;
const BODY: Needs = {
  text: maybe(isText),
  file: maybe(shaped(FILE)),
  card: maybe((value) => shaped(CARD)(value) && (value as Card).to > (value as Card).from),
  rating: maybe(shaped(RATING)),
  replies: maybe((value) => listOf(isReply)(value) && isBetween((value as readonly string[]).length, 1, MAX_REPLIES)),
};
const ENTRY: Needs = {
  seq: isSeq,
  id: isRef,
  from: ofRole("client", "agent", "bot", "service"),
  at: isCount,
  // A kind that is newer than this page has its place in the log all the same.
  kind: isLevel,
  origin: maybe(isLevel),
  ...BODY,
  of: maybe(isSeq),
  to: maybe(isAgent),
  was: maybe(isClient),
  edited: maybe(isTrue),
  deleted: maybe(isTrue),
};
const MARKER: Needs = { delivered: isCount, read: isCount };
const TYPING: Needs = { on: isBoolean };
const AGENT_PRESENCE: Needs = { state: oneOf("online", "away", "offline"), conn: isRef, viewing: maybe(isClient) };
const isTag: Check = (value) => isText(value) && countCharacters(value as string) <= 32;
const SUMMARY: Needs = {
  client: isClient,
  rev: isSeq,
  status: oneOf("open", "assigned", "snoozed", "resolved"),
  assignee: maybe(isAgent),
  priority: oneOf("low", "normal", "high"),
  tags: listOf(isTag),
  unread: isCount,
  last: maybe((value) => asEntry(value) !== null),
  name: maybe(isString),
  online: isBoolean,
  waiting: maybe(isCount),
  notes: isCount,
  until: maybe(isCount),
  did: maybe(listOf(isString)),
};
const REFUSAL: Needs = { id: maybe(isRef), why: isLevel, text: isString, retry_ms: maybe(isCount) };
const DESK: Needs = {
  open: isBoolean,
  online: maybe(isCount),
  agents: listOf(shaped({ id: isAgent, name: isString })),
  next: maybe(isCount),
  roll: isRef,
  reply_s: maybe(isCount),
};
const LIVE: Needs = { meter: isLevel, at: isCount, w: isWhole };

/** A kind of Said carries the field of its own name and no other's. */
function hasBody(body: Fields, kind: string): boolean {
  if (body.replies !== undefined && kind !== "text") return false;
  return SAID_KINDS.every((each) => (body[each] !== undefined) === (each === kind));
}

/** Reads one payload from JSON already parsed; null when it is out of form. */
export type Read<T> = (value: unknown) => T | null;
/* @__NO_SIDE_EFFECTS__ */
const reader =
  <T>(needs: Needs): Read<T> =>
  (value) =>
    pick(value, needs) as T | null;

export const asEntry: Read<Entry> = (value) => {
  const entry = pick(value, ENTRY);
  if (!entry) return null;
  const kind = entry.kind as string;
  if (SAID_KINDS.includes(kind) && !entry.deleted && !hasBody(entry, kind)) return null;
  if ((kind === "edited" || kind === "deleted") && entry.of === undefined) return null;
  // Stored before there was a bound: no Date can hold it.
  const { card } = entry as unknown as Entry;
  const near = card &&
    !isMoment(card.to) && { card: { ...card, from: Math.min(card.from, MAX_MOMENT - 1), to: MAX_MOMENT } };
  return { ...entry, ...near } as unknown as Entry;
};
export const asFile: Read<File> = reader(FILE);
export const asMarker: Read<Marker> = reader(MARKER);
export const asTyping: Read<Typing> = reader(TYPING);
export const asLiveReading: Read<LiveReading> = reader(LIVE);
export const asAgentPresence: Read<AgentPresence> = (value) => {
  const presence = pick(value, AGENT_PRESENCE);
  return presence && ({ viewing: null, ...presence } as unknown as AgentPresence);
};
export const asSummary: Read<Summary> = (value) => {
  const summary = pick(value, SUMMARY);
  const absent = { assignee: null, last: null, name: null, waiting: null, until: null, did: [] };
  return summary && ({ ...absent, ...summary } as unknown as Summary);
};
export const asRefusal: Read<Refusal> = (value) => {
  const refusal = pick(value, REFUSAL);
  if (!refusal) return null;
  const { retry_ms: retryMs = null, ...rest } = refusal;
  return { id: null, ...rest, retryMs } as unknown as Refusal;
};
export const asDeskNotice: Read<DeskNotice> = (value) => {
  const notice = pick(value, DESK);
  if (!notice) return null;
  const { reply_s: replyS = null, ...rest } = notice;
  return { next: null, online: (notice.agents as unknown[]).length, ...rest, replyS } as unknown as DeskNotice;
};

/** An outage of an area in plain words; without a text it has ended. */
export interface Outage {
  readonly id: string;
  readonly text: Translated | null;
}
const isTranslated: Check = (value) =>
  isFields(value) && Object.keys(value).length > 0 && Object.values(value).every(isText);
const OUTAGE: Needs = { id: isString, text: maybe(isTranslated) };
export const asOutage: Read<Outage> = (value) => {
  const outage = pick(value, OUTAGE);
  return outage ? ({ text: null, ...outage } as unknown as Outage) : null;
};

/** The payload read from bytes or text; null when it is too large, not JSON, or out of form. */
export function decode<T>(read: Read<T>, wire: Uint8Array | string): T | null {
  if (wire.length > MAX_BYTES) return null;
  try {
    const text = isString(wire) ? wire : new TextDecoder("utf-8", { fatal: true }).decode(wire);
    return read(JSON.parse(text));
  } catch {
    return null; // not UTF-8, not JSON, or nested deeper than the engine parses
  }
}

export const encode = (payload: Said | Command | Marker | Typing | Presence | AgentPresence): string =>
  JSON.stringify(payload);
