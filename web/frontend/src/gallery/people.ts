/** Invented people and their messages for the scenes. */

import { type Conversation, type Event, newConversation, reduce } from "../core/conversation.ts";
import { EMPTY_INBOX, type InboxState, reduceInbox } from "../core/inbox.ts";
import { NEWEST } from "../core/log.ts";
import { type ConversationView, type ShownKind, type Tick, viewOf } from "../core/view.ts";
import { dayOf } from "../link/environment.ts";
import type { Entry, Marker, Said, Summary } from "../protocol/payloads.ts";
import { summaryOf } from "../protocol/summary.fixture.ts";

export const NOW = new Date(2026, 10, 24, 14, 4, 20).getTime();
export const MINUTE = 60_000;
export const DAY = 1440 * MINUTE;
export const names: Readonly<Record<string, string>> = { "a-ana": "Ana", "a-radu": "Radu" };

export const entry = (seq: number, from: string, ago: number, text: string): Entry => ({
  seq,
  id: `e-${seq}`,
  from,
  at: NOW - ago * MINUTE,
  kind: "text",
  text,
});
export const summary = (client: string, more: Partial<Summary>): Summary =>
  summaryOf(client, { status: "assigned", assignee: "a-ana", ...more });
export const summaries: readonly Summary[] = [
  summary("c-42", {
    name: "Maria Pop",
    online: true,
    unread: 2,
    notes: 1,
    tags: ["spike", "heater"],
    waiting: NOW - 3 * MINUTE,
    last: entry(9, "c-42", 0, "Checking now, one moment"),
  }),
  summary("c-107", { name: "Ion Dumitru", online: true, last: entry(4, "c-107", 1, "Thank you") }),
  summary("g-7f3a", {
    unread: 1,
    waiting: NOW - 14 * MINUTE,
    last: entry(1, "g-7f3a", 13, "When does the night tariff begin on a holiday?"),
  }),
  summary("c-9", {
    name: "Elena Lazăr",
    unread: 4,
    priority: "high",
    waiting: NOW - 25 * MINUTE,
    last: entry(6, "c-9", 24, "The outage on Mill Street is back again"),
  }),
  summary("c-311", { name: "Paul Vasile", last: entry(12, "a-ana", 32, "Then all is well. Have a good day!") }),
  summary("c-88", {
    name: "Dan Constantin-Alexandrescu din Deal",
    waiting: NOW - 62 * MINUTE,
    unread: 120,
    last: entry(3, "c-88", 104, "3× usual use since this morning"),
  }),
  summary("c-56", { name: "Sara Moraru", last: { ...entry(2, "c-56", 126, ""), kind: "resolved", from: "a-radu" } }),
  summary("c-61", {
    name: "Vlad Ene",
    status: "open",
    assignee: null,
    unread: 1,
    waiting: NOW - 2 * MINUTE,
    last: entry(1, "c-61", 2, "Bună ziua!"),
  }),
  summary("g-11", {
    status: "open",
    assignee: null,
    unread: 1,
    waiting: NOW - 1 * MINUTE,
    last: entry(1, "g-11", 1, "hello"),
  }),
  summary("c-70", {
    name: "Ilinca Rusu",
    assignee: "a-radu",
    last: entry(5, "a-radu", 300, "I will call the technician."),
  }),
  summary("c-71", {
    name: "Mircea Albu",
    status: "snoozed",
    until: NOW + DAY,
    last: entry(5, "c-71", 2000, "Tomorrow, then"),
  }),
];
export function inboxOf(rows: readonly Summary[] | null): InboxState {
  if (rows === null) return EMPTY_INBOX;
  const known = reduceInbox(EMPTY_INBOX, { type: "snapshot", summaries: rows, names });
  return reduceInbox(known, { type: "typing", client: "c-107", sender: "c-107", on: true, nowMs: NOW });
}

export type SampleEntry = Partial<Entry> & Pick<Entry, "from" | "kind">;
export interface SampleConversation {
  /** Whose conversation it is: c-42 in `heard`. */
  readonly client?: string;
  /** The reader; the client by default. */
  readonly me?: string;
  readonly heard?: readonly SampleEntry[];
  readonly said?: readonly (Partial<Said> & { readonly upload?: true; readonly refused?: string })[];
  /** The other side's marker. */
  readonly read?: Marker;
  readonly then?: readonly Event[];
  readonly older?: boolean;
  readonly memoryOnly?: boolean;
}

export function viewOfConversation(told: SampleConversation): ConversationView {
  const { client = "c-42", me = client, heard = [], said = [], read, then = [], older = false } = told;
  const start = older ? 40 : 1;
  const entries = heard.map((each, place): Entry => {
    const entry = { seq: start + place, id: `m${place}`, at: NOW - (heard.length - place) * MINUTE, ...each };
    return entry.from === "c-42" ? { ...entry, from: client } : entry;
  });
  const page = {
    entries,
    first: 1,
    last: start + entries.length - 1,
    epoch: "e",
    markers: read ? { [me === client ? "a-ana" : client]: read } : {},
    names: { ...names, "b-rules": "Wattline" },
  };
  const events: Event[] = [
    { type: "online", nowMs: NOW },
    { type: "look", visible: true, nowMs: NOW },
    { type: "page", asked: { before: NEWEST }, page, nowMs: NOW },
  ];
  for (const [place, { upload, refused, ...each }] of said.entries()) {
    const words: Said = { id: `s${place}`, kind: "text", sent: NOW, ...(!each.kind && { text: WORDS }), ...each };
    events.push({ type: "say", said: words, nowMs: NOW, ...(upload && { upload }) });
    if (refused)
      events.push({ type: "refusal", refusal: { id: words.id, why: refused, text: "", retryMs: null }, nowMs: NOW });
  }
  const state = [...events, ...then].reduce<Conversation>(
    (so, event) => reduce(so, event).state,
    newConversation(client, me),
  );
  return viewOf(state, { nowMs: NOW, dayOf, keptInMemoryOnly: told.memoryOnly ?? false });
}

const WORDS = "Checking now, one moment";
const ago = (minutes: number): number => NOW - minutes * MINUTE;
const MIDNIGHT = new Date(NOW).setHours(0, 0, 0, 0);
export const card = { meter: "m-1", from: MIDNIGHT - 7 * 60 * MINUTE, to: MIDNIGHT - 3 * 60 * MINUTE };

/** The body of an entry, by kind. */
const BODIES: Readonly<Record<ShownKind, Partial<Entry>>> = {
  text: {},
  file: { file: { file: "f9", name: "contor.pdf", type: "application/pdf", size: 81_234 } },
  card: { card },
  rating: { rating: { score: 5, text: "Quick and kind" } },
  opened: { was: "g-7f3a" },
  assigned: { to: "a-ana" },
  joined: {},
  resolved: {},
  reopened: {},
  erased: {},
};

const text = (from: string, minutes: number, words: string): SampleEntry => ({
  from,
  at: ago(minutes),
  kind: "text",
  text: words,
});
const heard: readonly SampleEntry[] = [
  text("c-42", 2882, "Hello! Is the new meter reading by itself now?"),
  text("a-radu", 2880, "Yes, every quarter of an hour. See https://example.org/meters, it explains the display."),
  { from: "a-radu", at: ago(2878), kind: "resolved" },
  { from: "c-42", at: ago(5), kind: "reopened" },
  text("c-42", 3.3, "Why did I use 40 kWh yesterday? I was at work all day."),
  { from: "c-42", at: ago(3.2), kind: "card", card },
  { from: "a-ana", at: ago(2.8), kind: "assigned", to: "a-ana" },
  text(
    "a-ana",
    2,
    "Hello Maria! I see the peak between 17 and 20. That looks like the water heater running without its timer.",
  ),
  text("a-ana", 1.2, "Could you look whether its switch is on “manual”?"),
  text("c-42", 0, WORDS),
];
/** Maria's conversation as Ana sees it. */
export const maria: SampleConversation = { me: "a-ana", heard, read: { delivered: 9, read: 8 } };

/** A conversation that ends with an entry of that kind. */
export const endingWith = (kind: ShownKind): SampleConversation => {
  const from = ["assigned", "joined", "resolved"].includes(kind) ? "a-radu" : "c-42";
  return { ...maria, heard: [...heard.slice(0, 5), { from, at: NOW, kind, ...BODIES[kind] }] };
};
/** A conversation that ends with an agent's message at that tick. */
export const ticked = (tick: Tick): SampleConversation => {
  const words = "Take your time.";
  if (tick === "sending") return { ...maria, said: [{ text: words }] };
  if (tick === "failed") return { ...maria, said: [{ text: words, refused: "too_fast" }] };
  const read = { delivered: tick === "stored" ? 9 : 11, read: tick === "read" ? 11 : 8 };
  return { ...maria, heard: [...heard, text("a-ana", -0.1, words)], read };
};
