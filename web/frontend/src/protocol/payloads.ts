/**
 * Every message that the browser builds or reads, a mirror of chat_core.contract.payloads. Touches nothing.
 * Tolerant in what is read (unknown fields are dropped), strict in what it needs; a payload out of form is null.
 */

import {
  type Check,
  countCharacters,
  isAgent,
  isBoolean,
  isClient,
  isCount,
  isFields,
  isLevel,
  isMoment,
  isRef,
  isSeq,
  isString,
  isText,
  isTrue,
  isWhole,
  listOf,
  MAX_MOMENT,
  maybe,
  type Needs,
  ofRole,
  oneOf,
  pick,
  shaped,
} from "./checks.ts";
import { BODY, type Body, FILE, type File, hasBody, SAID_KINDS, type SaidKind } from "./kinds.ts";
import type { Translated } from "./translated.ts";

export const MAX_BYTES = 65_536;

export type EventKind = "opened" | "assigned" | "joined" | "resolved" | "reopened" | "edited" | "deleted" | "erased";
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
