/** The desk's inbox: one row a conversation, merged by `rev`, ordered by the longest wait. Pure. */

import { roleOf } from "../protocol/ids.ts";
import { KINDS, type SaidKind } from "../protocol/kinds.ts";
import type { LastWords, Mention, Summary } from "../protocol/payloads.ts";
import { type Composing, endTyping, expireTyping, heardTyping } from "./typing.ts";

export type { Summary };
export type InboxFilter = "mine" | "unassigned" | "all" | "snoozed" | "resolved";
export const INBOX_FILTERS: readonly InboxFilter[] = ["mine", "unassigned", "all", "snoozed", "resolved"];

export interface InboxState {
  readonly summaries: Readonly<Record<string, Summary>>;
  /** Who is typing, by client. */
  readonly composing: Readonly<Record<string, Composing>>;
  readonly names: Readonly<Record<string, string>>;
  /** Clients with an unsent command or message of this agent. */
  readonly pending: readonly string[];
  readonly known: boolean;
  /** Rows of the previous connection: any newer one replaces them, also after a restore, when `rev` restarts. */
  readonly before: Readonly<Record<string, Summary>>;
  /** The row that the connection brought last; pages of the inbox do not change it. */
  readonly heard: Summary | null;
  /** Since which `rev` conversations are another team's: a page may be older. */
  readonly left: Readonly<Record<string, number>>;
}

export type InboxEvent =
  | { readonly type: "summary"; readonly summary: Summary }
  | {
      readonly type: "snapshot";
      readonly summaries: readonly Summary[];
      readonly names: Readonly<Record<string, string>>;
    }
  /** Rows that the reader's list holds no more, although the connection brought no newer ones. */
  | { readonly type: "gone"; readonly clients: readonly string[] }
  /** The conversation is another team's from this `rev` on. */
  | { readonly type: "left"; readonly client: string; readonly rev: number }
  | { readonly type: "names"; readonly names: Readonly<Record<string, string>> }
  | {
      readonly type: "typing";
      readonly client: string;
      readonly sender: string;
      readonly on: boolean;
      readonly nowMs: number;
    }
  | { readonly type: "pending"; readonly clients: readonly string[] }
  | { readonly type: "offline" }
  /** The bridge restarted, maybe on a restored database. */
  | { readonly type: "rolled" }
  | { readonly type: "tick"; readonly nowMs: number };

export const EMPTY_INBOX: InboxState = {
  summaries: {},
  composing: {},
  names: {},
  pending: [],
  known: false,
  before: {},
  heard: null,
  left: {},
};
/** A page is on its way for seconds, in which fewer conversations move. */
const LEFT_MOST = 1_000;

export function reduceInbox(state: InboxState, event: InboxEvent): InboxState {
  switch (event.type) {
    case "summary": {
      const composing = endedTyping(state, event.summary);
      return { ...state, composing, summaries: merge(state, [event.summary]), heard: event.summary };
    }
    case "snapshot": {
      const summaries = merge(state, event.summaries);
      return { ...state, summaries, names: { ...state.names, ...event.names }, known: true };
    }
    case "gone": {
      const summaries = { ...state.summaries };
      for (const client of event.clients) delete summaries[client];
      return { ...state, summaries };
    }
    case "left": {
      const { client, rev } = event;
      const left = { ...(Object.keys(state.left).length < LEFT_MOST ? state.left : {}), [client]: rev };
      const held = state.summaries[client];
      if (!held || (held.rev >= rev && held !== state.before[client])) return { ...state, left };
      const { [client]: _, ...summaries } = state.summaries;
      return { ...state, left, summaries };
    }
    case "names":
      return { ...state, names: { ...state.names, ...event.names } };
    case "typing": {
      const composing = heardTyping(state.composing[event.client] ?? {}, event.sender, event.on, event.nowMs);
      return { ...state, composing: { ...state.composing, [event.client]: composing } };
    }
    case "pending":
      return { ...state, pending: event.clients };
    case "offline":
      return { ...state, composing: {}, before: state.summaries, left: {} };
    case "rolled":
      return { ...state, before: state.summaries, left: {} };
    case "tick":
      return expired(state, event.nowMs);
  }
}

/**
 * Merge summaries: within one connection the higher rev wins. One copy for a whole page: a copy for each of 10,000 rows
 * takes seconds.
 */
function merge({ summaries, before, left }: InboxState, page: readonly Summary[]): InboxState["summaries"] {
  const isNewer = (held: Summary | undefined, rev: number): boolean =>
    !held || held.rev < rev || held === before[held.client];
  const newer = page.filter(({ client, rev }) => isNewer(summaries[client], rev) && rev >= (left[client] ?? 0));
  if (newer.length === 0) return summaries;
  const merged = { ...summaries };
  for (const summary of newer) if (isNewer(merged[summary.client], summary.rev)) merged[summary.client] = summary;
  return merged;
}

/** Return who is typing after this row: its new entry ends its sender's typing. */
function endedTyping({ composing, summaries }: InboxState, { client, last }: Summary): InboxState["composing"] {
  const before = composing[client];
  if (!before || !last || last.seq === summaries[client]?.last?.seq) return composing;
  return { ...composing, [client]: endTyping(before, last.from) };
}

function expired(state: InboxState, nowMs: number): InboxState {
  const entries = Object.entries(state.composing);
  const composing = entries
    .map(([client, before]) => [client, expireTyping(before, nowMs)] as const)
    .filter(([, after]) => Object.keys(after).length > 0);
  const same =
    composing.length === entries.length && composing.every(([client, after]) => state.composing[client] === after);
  return same ? state : { ...state, composing: Object.fromEntries(composing) };
}

/** Return when the inbox needs the next `tick`; null for never. */
export function inboxWakesMs(state: InboxState): number | null {
  const times = Object.values(state.composing).flatMap((composing) => Object.values(composing));
  return times.length > 0 ? Math.min(...times) : null;
}

/** Return the summary as its delayed commands will leave it; a list shows it so at once. */
export function settled(summary: Summary): Summary {
  let row = summary;
  for (const { do: order, to = null, until = null } of summary.delayed) {
    const isActive = row.status === "open" || row.status === "assigned";
    if (order === "resolve") row = { ...row, status: "resolved", waiting: null, until: null };
    else if (order === "snooze") row = { ...row, status: "snoozed", until };
    else row = { ...row, assignee: to, status: isActive ? (to ? "assigned" : "open") : row.status };
  }
  return row;
}

const BELONGS: Readonly<Record<InboxFilter, (summary: Summary, me: string) => boolean>> = {
  // A mention stays until its agent looks, whatever the status.
  mine: (row, me) =>
    mentionOf(row, me) !== null || (row.assignee === me && (row.status === "open" || row.status === "assigned")),
  unassigned: ({ status, assignee }) => assignee === null && status === "open",
  all: ({ status }) => status === "open" || status === "assigned",
  snoozed: ({ status }) => status === "snoozed",
  resolved: ({ status }) => status === "resolved",
};

export const belongs = (summary: Summary, filter: InboxFilter, me: string): boolean =>
  BELONGS[filter](settled(summary), me);

/** Return the summaries of one list in its order. */
export function listOf(summaries: InboxState["summaries"], filter: InboxFilter, me: string): readonly Summary[] {
  return Object.values(summaries)
    .filter((summary) => belongs(summary, filter, me))
    .sort(byWaiting);
}

/** Return the rows of these teams, and those that belong to the agent or mention it. */
export function ofTeams(
  summaries: InboxState["summaries"],
  isMine: (summary: Summary) => boolean,
  me: string,
): InboxState["summaries"] {
  const rows = Object.entries(summaries);
  return Object.fromEntries(
    rows.filter(([, row]) => isMine(row) || row.assignee === me || mentionOf(row, me) !== null),
  );
}

export function countsOf(summaries: InboxState["summaries"], me: string): Readonly<Record<InboxFilter, number>> {
  const counts: Record<InboxFilter, number> = { mine: 0, unassigned: 0, all: 0, snoozed: 0, resolved: 0 };
  for (const summary of Object.values(summaries)) {
    const row = settled(summary);
    for (const filter of INBOX_FILTERS) if (BELONGS[filter](row, me)) counts[filter] += 1;
  }
  return counts;
}

/** Longest wait first, then the latest message first. */
function byWaiting(one: Summary, other: Summary): number {
  const waits = (one.waiting ?? Number.POSITIVE_INFINITY) - (other.waiting ?? Number.POSITIVE_INFINITY);
  if (!Number.isNaN(waits) && waits !== 0) return waits;
  return (other.last?.at ?? 0) - (one.last?.at ?? 0) || byName(one.client, other.client);
}

/** Numeric: c-u2 comes before c-u10. Ties are rare: the collator, which costs a page milliseconds, waits for the first. */
let collator: Intl.Collator | undefined;
const byName = (one: string, other: string): number =>
  (collator ??= new Intl.Collator("en", { numeric: true })).compare(one, other);

/** Return the note that mentions this agent, if the agent has not looked since. */
export const mentionOf = ({ mentions }: Summary, me: string): Mention | null =>
  mentions.find(({ agent }) => agent === me) ?? null;

/** Return the client's last words, never a bot's or an agent's; null where the client has said none. */
export function questionOf({ client, last, question }: Summary): LastWords | null {
  if (last?.from !== client || !ASKS.includes(last.kind)) return question;
  const { seq, at, kind, text = last.file?.name } = last;
  return { seq, at, kind, ...(text === undefined ? {} : { text }) };
}
const ASKS: readonly string[] = Object.keys(KINDS).filter((kind) => kind !== ("rating" satisfies SaidKind));

/** Return whether the client types. */
export const isTyping = ({ composing }: InboxState, client: string, nowMs: number): boolean =>
  Object.entries(composing[client] ?? {}).some(([sender, untilMs]) => roleOf(sender) === "client" && untilMs > nowMs);
