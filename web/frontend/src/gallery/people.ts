/** Invented people and their messages for the scenes. */

import { EMPTY_INBOX, type InboxState, reduceInbox } from "../core/inbox.ts";
import type { Item, ShownKind, Tick } from "../core/view.ts";
import type { Entry, Summary } from "../protocol/payloads.ts";

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
export const summary = (client: string, more: Partial<Summary>): Summary => ({
  client,
  rev: 1,
  status: "assigned",
  assignee: "a-ana",
  priority: "normal",
  tags: [],
  unread: 0,
  last: null,
  name: null,
  online: false,
  waiting: null,
  notes: 0,
  until: null,
  did: [],
  ...more,
});
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

const CLIENT_WORDS = "Why did I use 40 kWh yesterday? I was at work all day.";
export interface Line {
  readonly from: string;
  readonly ago: number;
  readonly text?: string;
  readonly more?: Partial<Item>;
  readonly body?: Partial<Entry>;
}

/** The body of an entry, by kind. */
const BODIES: Readonly<Record<ShownKind, Partial<Entry>>> = {
  text: {},
  file: { kind: "file", file: { file: "f9", name: "contor.pdf", type: "application/pdf", size: 81_234 } },
  card: { kind: "card", card: { meter: "m-1", from: NOW - DAY - 14 * 60 * MINUTE, to: NOW - 14 * 60 * MINUTE } },
  rating: { kind: "rating", rating: { score: 5, text: "Quick and kind" } },
  opened: { kind: "opened", was: "g-7f3a" },
  assigned: { kind: "assigned", to: "a-ana" },
  joined: { kind: "joined" },
  resolved: { kind: "resolved" },
  reopened: { kind: "reopened" },
  erased: { kind: "erased" },
};

/** A conversation that ends with an entry of that kind. */
export const linesOf = (kind: ShownKind): readonly Line[] => [
  ...lines.slice(0, 5),
  { from: kind === "assigned" || kind === "joined" || kind === "resolved" ? "a-radu" : "c-42", ago: 0, more: { kind } },
];
export const lines: readonly Line[] = [
  { from: "c-42", ago: 2882, text: "Hello! Is the new meter reading by itself now?" },
  {
    from: "a-radu",
    ago: 2880,
    text: "Yes, every quarter of an hour. See https://example.org/meters, it explains the display.",
  },
  { from: "a-radu", ago: 2878, more: { kind: "resolved" } },
  { from: "c-42", ago: 5, more: { kind: "reopened" } },
  { from: "c-42", ago: 3.3, text: CLIENT_WORDS },
  { from: "c-42", ago: 3.2, more: { kind: "card" } },
  { from: "a-ana", ago: 2.8, more: { kind: "assigned" } },
  {
    from: "a-ana",
    ago: 2,
    text: "Hello Maria! I see the peak between 17 and 20. That looks like the water heater running without its timer.",
    more: { tick: "read", seenAt: NOW - MINUTE },
  },
  { from: "a-ana", ago: 1.2, text: "Could you look whether its switch is on “manual”?", more: { tick: "delivered" } },
  { from: "c-42", ago: 0, text: "Checking now, one moment" },
];
const refusal = { why: "too_fast", text: "You write faster than this desk allows." };
/** A conversation that ends with an agent's message at that tick. */
export const linesWith = (tick: Tick): readonly Line[] => [
  ...lines,
  {
    from: "a-ana",
    ago: -0.1,
    text: "Take your time.",
    more: {
      tick,
      ...(tick === "sending" || tick === "failed" ? { seq: null } : {}),
      ...(tick === "failed" ? { refusal } : {}),
      seenAt: tick === "read" ? NOW : null,
    },
  },
];
export function items(
  client: string,
  chosen: readonly Line[] = client === "c-42" ? lines : [{ from: client, ago: 13, text: "Hello" }],
): readonly Item[] {
  const bare = chosen.map((line, place) => {
    const at = NOW - line.ago * MINUTE;
    const from = line.from.startsWith("c-") ? client : line.from;
    const body: Entry = { seq: place + 1, id: `m-${place}`, from, at, kind: "text", text: line.text ?? "" };
    return {
      key: `${from}/${place}`,
      id: `m-${place}`,
      seq: place + 1,
      sender: from,
      name: names[from] ?? null,
      mine: from === "a-ana",
      side: from.startsWith("a-") ? ("agent" as const) : ("client" as const),
      kind: "text" as const,
      text: line.text ?? "",
      at,
      tick: null,
      seenAt: null,
      refusal: null,
      edited: false,
      deleted: false,
      firstUnread: false,
      body: { ...body, ...BODIES[line.more?.kind ?? "text"], ...line.body },
      ...line.more,
    };
  });
  return bare.map((item, place) => {
    const [before, after] = [bare[place - 1], bare[place + 1]];
    const day = new Date(item.at).toDateString();
    const same = (other: typeof item | undefined): boolean =>
      other?.sender === item.sender &&
      Math.floor(other.at / MINUTE) === Math.floor(item.at / MINUTE) &&
      other.tick === item.tick;
    return {
      ...item,
      day,
      firstOfDay: !before || new Date(before.at).toDateString() !== day,
      firstOfGroup: !same(before),
      lastOfGroup: !same(after),
    };
  });
}
