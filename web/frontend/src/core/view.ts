/** What screens show of a conversation. Pure: the caller gives the local day of an instant. */

import { roleOf } from "../protocol/ids.ts";
import { SAID_KINDS, type SaidKind } from "../protocol/kinds.ts";
import type { Entry, EventKind, Said } from "../protocol/payloads.ts";
import { type Conversation, isBare, isWordOfOther, unreadOf } from "./conversation.ts";
import { otherSide, tickOf } from "./markers.ts";
import type { Failure, Pending } from "./outbox.ts";
import { whoComposes } from "./typing.ts";

export type Tick = "sending" | "stored" | "delivered" | "read" | "failed";
export type ShownKind = SaidKind | Exclude<EventKind, "edited" | "deleted">;

/** Events that change another entry, and internal events of the desk, which clients do not see. */
const AMENDS: readonly string[] = ["edited", "deleted"];
const INNER: readonly string[] = [...AMENDS, "assigned", "joined"];

export interface Item {
  /** Stays the same when an unsent message becomes an entry. */
  readonly key: string;
  readonly id: string;
  /** Null while it is unsent. */
  readonly seq: number | null;
  readonly sender: string;
  /** The display name, if known. */
  readonly name: string | null;
  readonly mine: boolean;
  readonly side: "client" | "agent" | "system";
  readonly kind: ShownKind;
  readonly text: string;
  readonly at: number;
  /** Equal within one local day. */
  readonly day: string;
  readonly firstOfDay: boolean;
  /** A group: one sender, each message within three minutes of the one before. */
  readonly firstOfGroup: boolean;
  /** Only for the reader's own messages. */
  readonly tick: Tick | null;
  readonly seenAt: number | null;
  readonly refusal: Failure | null;
  readonly edited: boolean;
  readonly deleted: boolean;
  readonly body: Entry | Said;
}

export interface ConversationView {
  readonly client: string;
  readonly items: readonly Item[];
  readonly typing: readonly { readonly sender: string; readonly name: string | null }[];
  readonly unread: number;
  readonly firstUnreadKey: string | null;
  readonly hasOlder: boolean;
  /** Nothing to show and no answer of the server yet. */
  readonly loading: boolean;
  readonly empty: boolean;
  /** Messages without a tick, failed ones included. */
  readonly pending: number;
  /** There is no storage: unsent messages are lost at a reload. */
  readonly keptInMemoryOnly: boolean;
  /** The last entry's seq. */
  readonly last: number;
}

interface ViewOptions {
  readonly nowMs: number;
  /** Returns the local day of an instant: equal strings mean equal days. */
  readonly dayOf: (atMs: number) => string;
  readonly keptInMemoryOnly?: boolean;
}

type Bare = Omit<Item, "day" | "firstOfDay" | "firstOfGroup">;

export function viewOf(state: Conversation, options: ViewOptions): ConversationView {
  const other = otherSide(state.markers, state.client, state.me);
  const hidden = state.me === state.client ? INNER : AMENDS;
  const shown = state.log.entries.filter((entry) => !hidden.includes(entry.kind) && !(__DESK__ && isBare(entry)));
  const firstUnread =
    state.unreadAfter === null
      ? undefined
      : shown.find((entry) => entry.seq > (state.unreadAfter ?? 0) && isWordOfOther(state, entry));
  const stored = shown.map((entry): Bare => {
    const { from, id, seq, at, edited = false, deleted = false } = entry;
    const tick = from === state.me && SAID_KINDS.includes(entry.kind) ? tickOf(seq, other) : null;
    const seenAt = tick === "read" ? state.seenAtMs : null;
    return { ...itemOf(state, from, id, entry), seq, at, tick, seenAt, refusal: null, edited, deleted };
  });
  const pending = state.outbox.items.filter((item) => item.said);
  const items = grouped([...stored, ...pending.map((item) => waiting(state, item))], options);
  const typing = whoComposes(state.composing, options.nowMs);
  return {
    client: state.client,
    items,
    typing: typing.map((sender) => ({ sender, name: nameIn(state, sender) })),
    unread: unreadOf(state),
    firstUnreadKey: firstUnread ? `${firstUnread.from}/${firstUnread.id}` : null,
    hasOlder: (state.log.entries[0]?.seq ?? 0) > state.log.first,
    loading: items.length === 0 && !state.log.known,
    empty: items.length === 0 && state.log.known,
    pending: pending.length,
    keptInMemoryOnly: options.keptInMemoryOnly ?? false,
    last: state.log.last,
  };
}

function waiting(state: Conversation, { id, said, failed }: Pending): Bare {
  const body = said as Said;
  const tick = failed ? "failed" : "sending";
  const rest = {
    at: body.sent,
    seq: null,
    tick,
    seenAt: null,
    refusal: failed,
    edited: false,
    deleted: false,
  } as const;
  return { ...itemOf(state, state.me, id, body), ...rest };
}

const itemOf = (state: Conversation, sender: string, id: string, body: Entry | Said) => ({
  key: `${sender}/${id}`,
  id,
  sender,
  name: nameIn(state, sender),
  mine: sender === state.me,
  side: sideOf(sender),
  kind: body.kind as ShownKind,
  text: body.text ?? "",
  body,
});

/** Return the display name, if known. The server tells clients an agent's first name only. */
const nameIn = ({ names }: Conversation, sender: string): string | null => names[sender] ?? null;

function sideOf(sender: string): Item["side"] {
  const role = roleOf(sender);
  return role === "client" ? "client" : role === "agent" || role === "bot" ? "agent" : "system";
}

const GROUP_MS = 180_000;
const isSaid = (item: Bare): boolean => SAID_KINDS.includes(item.kind);
const together = (one: Bare | undefined, other: Bare): boolean =>
  one !== undefined &&
  one.sender === other.sender &&
  other.at - one.at < GROUP_MS &&
  isSaid(one) &&
  isSaid(other) &&
  (one.tick === "failed") === (other.tick === "failed");

function grouped(bare: readonly Bare[], { dayOf }: ViewOptions): readonly Item[] {
  const days = bare.map((item) => dayOf(item.at));
  return bare.map((item, place) => ({
    ...item,
    day: days[place] as string,
    firstOfDay: days[place] !== days[place - 1],
    firstOfGroup: days[place] !== days[place - 1] || !together(bare[place - 1], item),
  }));
}
