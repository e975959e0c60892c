/**
 * Messages that the browser builds or reads, as in chat_core.contract.payloads. Reading drops unknown fields and
 * returns null for a malformed payload. Pure.
 */

import {
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
  type Shape,
  shaped,
} from "./checks.ts";
import { BODY, type Body, FILE, type File, hasBody, SAID_KINDS, type SaidKind } from "./kinds.ts";
import { DEFAULT_TEAM } from "./topics.ts";
import type { Translated } from "./translated.ts";

const MAX_BYTES = 65_536;

export type EventKind = "opened" | "assigned" | "joined" | "resolved" | "reopened" | "edited" | "deleted" | "erased";
export interface Said extends Body {
  readonly id: string;
  readonly kind: SaidKind;
  readonly sent: number;
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
/** What may take effect later, so that it can be undone. */
export type DelayableBody =
  | { readonly do: "assign"; readonly to: string | null }
  | { readonly do: "resolve" }
  | { readonly do: "snooze"; readonly until: number };
export type CommandBody =
  | (DelayableBody & { readonly delay_ms?: number })
  | { readonly do: "cancel"; readonly cancels: string }
  | { readonly do: "reopen" }
  | { readonly do: "move"; readonly team: string }
  | { readonly do: "note"; readonly text: string }
  | { readonly do: "read" }
  /** From this message of the client on. */
  | { readonly do: "unread"; readonly of: number }
  | { readonly do: "tag"; readonly add: readonly string[]; readonly remove: readonly string[] }
  | { readonly do: "priority"; readonly level: Priority }
  | { readonly do: "edit"; readonly of: number; readonly text: string }
  | { readonly do: "delete"; readonly of: number };
interface NoticeBody {
  readonly do: "notice";
  readonly areas: readonly string[];
  readonly text: Translated | null;
  /** When power is expected back. */
  readonly until?: number;
  /** When power went. */
  readonly began?: number;
  /** When the notice ends by itself. */
  readonly ends?: number;
}
export type Command = { readonly id: string } & ((CommandBody & { readonly client: string }) | NoticeBody);

/** An unknown newer kind is kept. */
const isKind = (value: unknown): value is SaidKind | EventKind => isLevel(value);
const isOrigin = (value: unknown): value is "call" | "answer" | "handover" | "alarm" | "storm" => isLevel(value);
const ENTRY = {
  seq: isSeq,
  id: isRef,
  from: ofRole("client", "agent", "bot", "service"),
  at: isCount,
  kind: isKind,
  /** What made it; absent for a person. */
  origin: maybe(isOrigin),
  ...BODY,
  of: maybe(isSeq),
  to: maybe(isAgent),
  was: maybe(isClient),
  edited: maybe(isTrue),
  deleted: maybe(isTrue),
};
export type Entry = Shape<typeof ENTRY>;
const MARKER = { delivered: isCount, read: isCount };
export type Marker = Shape<typeof MARKER>;
const TYPING = { on: isBoolean };
export type Typing = Shape<typeof TYPING>;
// Only the desk reads these: esbuild keeps an object whose fields are calls.
const COLLEAGUE = __DESK__
  ? { id: isAgent, state: oneOf("online", "away", "offline"), viewing: maybe(listOf(isClient)) }
  : (undefined as never);
const TEAM_PRESENCE = __DESK__ ? { agents: listOf(shaped(COLLEAGUE)), all: maybe(isTrue) } : (undefined as never);
const isTag = (value: unknown): value is string => isText(value) && countCharacters(value) <= 32;
const DELAYED = __DESK__
  ? {
      agent: isAgent,
      id: isRef,
      do: oneOf("assign", "resolve", "snooze"),
      at: isCount,
      to: maybe(isAgent),
      until: maybe(isCount),
    }
  : (undefined as never);
const QUESTION = __DESK__ ? { seq: isSeq, at: isCount, kind: isKind, text: maybe(isString) } : (undefined as never);
/** A row's newest entry; the row's topic leaves out its id. */
const ROW_ENTRY = __DESK__ ? { ...ENTRY, id: maybe(isRef) } : (undefined as never);
type RowEntry = Shape<typeof ROW_ENTRY>;
const isRowEntry = (value: unknown): value is RowEntry => complete(pick(value, ROW_ENTRY)) !== null;
export type Mention = Shape<typeof MENTION>;
export type LastWords = Shape<typeof QUESTION>;
const MENTION = __DESK__ ? { agent: isAgent, by: isAgent, id: isRef } : (undefined as never);
const SUMMARY = __DESK__
  ? {
      client: isClient,
      rev: isSeq,
      status: oneOf("open", "assigned", "snoozed", "resolved"),
      assignee: maybe(isAgent),
      priority: maybe(oneOf("low", "normal", "high")),
      tags: maybe(listOf(isTag)),
      unread: maybe(isCount),
      last: maybe(isRowEntry),
      name: maybe(isString),
      online: maybe(isBoolean),
      waiting: maybe(isCount),
      notes: maybe(isCount),
      until: maybe(isCount),
      did: maybe(listOf(isString)),
      /** Accepted commands that take effect at their time. */
      delayed: maybe(listOf(shaped(DELAYED))),
      /** The client's last words, where `last` is another entry. */
      question: maybe(shaped(QUESTION)),
      /** When an agent answered them. */
      answered: maybe(isCount),
      /** Agents whom a note mentions, and who have not looked since. */
      mentions: maybe(listOf(shaped(MENTION))),
      area: maybe(isLevel),
      lang: maybe(isLevel),
      /** Null: the default team. */
      team: maybe(isLevel),
    }
  : (undefined as never);
const REFUSAL = { id: maybe(isRef), why: isLevel, text: isString, retry_ms: maybe(isCount) };
const DESK = {
  open: isBoolean,
  /** How many agents are online. */
  online: maybe(isCount),
  /** The first twelve of them, by id. */
  agents: listOf(shaped({ id: isAgent, name: isString })),
  next: maybe(isCount),
  roll: isRef,
  reply_s: maybe(isCount),
};
/** `teams` rises when they change; it is absent while there is one. */
const DESK_TOO = __DESK__ ? { ...DESK, teams: maybe(isCount) } : (DESK as never);
const GONE = __DESK__
  ? {
      rev: SUMMARY.rev,
      gone: (value: unknown): value is true => value === true,
      did: SUMMARY.did,
    }
  : (undefined as never);
const LIVE = { meter: isLevel, at: isCount, w: isWhole };
const isTranslated = (value: unknown): value is Translated =>
  isFields(value) && Object.keys(value).length > 0 && Object.values(value).every(isText);
const OUTAGE = { id: isString, text: maybe(isTranslated), at: maybe(isCount) };

/** Reads parsed JSON; null when malformed. */
export type Read<T> = (value: unknown) => T | null;
type Made<R extends Read<unknown>> = NonNullable<ReturnType<R>>;
/* @__NO_SIDE_EFFECTS__ */
const reader =
  <N extends Needs>(needs: N): Read<Shape<N>> =>
  (value) =>
    pick(value, needs);

function complete<E extends RowEntry>(entry: E | null): E | null {
  if (!entry) return null;
  const { kind, card } = entry;
  if (SAID_KINDS.includes(kind) && !entry.deleted && !hasBody(entry, kind)) return null;
  if ((kind === "edited" || kind === "deleted") && entry.of === undefined) return null;
  // Old entries may exceed the range of Date.
  const near = card &&
    !isMoment(card.to) && { card: { ...card, from: Math.min(card.from, MAX_MOMENT - 1), to: MAX_MOMENT } };
  return { ...entry, ...near };
}
export const asEntry: Read<Entry> = (value) => complete(pick(value, ENTRY));
export const asFile: Read<File> = reader(FILE);
export const asMarker = reader(MARKER);
export const asTyping = reader(TYPING);
export const asLiveReading = reader(LIVE);
export type LiveReading = Made<typeof asLiveReading>;
/** A team's member: the state over all its connections. */
export type Colleague = Made<typeof asColleague>;
const asColleague = (value: unknown) => {
  const colleague = pick(value, COLLEAGUE);
  return colleague && { viewing: [], ...colleague };
};
export type TeamPresence = Made<typeof asTeamPresence>;
/** Who of a team came, changed or went; with `all` nobody else is there. */
export const asTeamPresence = (value: unknown) => {
  const told = pick(value, TEAM_PRESENCE);
  return told && { all: told.all === true, agents: told.agents.map((agent) => asColleague(agent) as Colleague) };
};
/** What a row leaves out. */
const NO_SUMMARY = {
  assignee: null,
  priority: "normal" as const,
  tags: [],
  unread: 0,
  last: null,
  name: null,
  online: false,
  waiting: null,
  notes: 0,
  until: null,
  did: [],
  delayed: [],
  mentions: [],
  question: null,
  answered: null,
  area: null,
  lang: null,
  team: null,
};
export const asSummary = (value: unknown) => {
  const summary = pick(withDefaults(value), SUMMARY);
  return summary && { ...NO_SUMMARY, ...summary };
};
export type Summary = Made<typeof asSummary>;
/** Reads the row of a topic that names the client and the team. */
export const asRow = (client: string, team: string | undefined): Read<Summary> => {
  const named = { client, team: team === DEFAULT_TEAM ? null : team };
  return (value) => asSummary(isFields(value) ? { ...value, ...named } : value);
};
/** Fill in what the parts of a row leave out. */
function withDefaults(value: unknown): unknown {
  if (!isFields(value)) return value;
  const { client, last, question } = value;
  return {
    ...value,
    last: isFields(last) ? { kind: "text", from: client, ...last } : last,
    question: isFields(question) ? { kind: "text", ...question } : question,
  };
}
/** Another team has the conversation from this `rev` on. */
export const asGone = (value: unknown) => {
  const gone = pick(value, GONE);
  return gone?.gone ? { did: [], ...gone } : null;
};
export type Status = Summary["status"];
export type Priority = Summary["priority"];
export const asRefusal = (value: unknown) => {
  const refusal = pick(value, REFUSAL);
  if (!refusal) return null;
  const { retry_ms: retryMs = null, ...rest } = refusal;
  return { id: null, ...rest, retryMs };
};
export type Refusal = Made<typeof asRefusal>;
export const asDeskNotice = (value: unknown) => {
  const notice = pick(value, DESK_TOO);
  if (!notice) return null;
  const { reply_s: replyS = null, ...rest } = notice;
  return { next: null, online: notice.agents.length, ...rest, replyS };
};
export type DeskNotice = Made<typeof asDeskNotice>;
/** An outage of an area; without a text it has ended. */
export const asOutage = (value: unknown) => pick(value, OUTAGE);
/** The same with its times, which only the board shows. */
export const asDeskOutage = (value: unknown) => {
  const times = pick(value, {
    since: maybe(isCount),
    until: maybe(isMoment),
    began: maybe(isMoment),
    ends: maybe(isMoment),
  });
  const outage = asOutage(value);
  return times && outage && { text: null, ...times, ...outage };
};
export type Outage = Made<typeof asDeskOutage>;

/** Read a payload from bytes or text; null when too large, not JSON, or malformed. */
export function decode<T>(read: Read<T>, wire: Uint8Array | string): T | null {
  if (wire.length > MAX_BYTES) return null;
  try {
    const text = isString(wire) ? wire : new TextDecoder("utf-8", { fatal: true }).decode(wire);
    return read(JSON.parse(text));
  } catch {
    return null; // not UTF-8, not JSON, or nested too deep
  }
}

export const encode = (payload: Said | Command | Marker | Typing | Presence | AgentPresence): string =>
  JSON.stringify(payload);
