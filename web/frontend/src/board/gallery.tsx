/**
 * The board with invented people, for looking at it: no server, no MQTT. Development only, in no bundle of the product.
 * `?lang=ro`, `?state=empty|loading|offline|refused`, `#/c-42`, `#/c-42/client`.
 */

import { signal } from "@preact/signals";
import { render } from "preact";

import { EMPTY_INBOX, type InboxState, reduceInbox } from "../core/inbox.ts";
import type { ConversationView, Item, Tick } from "../core/view.ts";
import type { Desk } from "../link/desk-link.ts";
import type { Talk } from "../link/talk.ts";
import type { Entry, Summary } from "../protocol/payloads.ts";
import { chooseLang } from "../ui/messages.ts";
import { App } from "./app.tsx";
import type { BoardConfig } from "./config.ts";
import { Board, type Outside } from "./state.ts";

const NOW = new Date(2026, 10, 24, 14, 4, 20).getTime();
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const wish = new URLSearchParams(location.search);
const state = wish.get("state") ?? "full";

const config: BoardConfig = {
  api: "",
  lang: chooseLang(wish.get("lang")),
  tz: undefined,
  me: { id: "a-ana", name: "Ana", admin: true },
  targetMs: 10 * MINUTE,
  logout: "/logout",
  csrf: "",
  assets: {},
};
const names = { "a-ana": "Ana", "a-radu": "Radu" };

const entry = (seq: number, from: string, ago: number, text: string): Entry => ({
  seq,
  id: `e-${seq}`,
  from,
  at: NOW - ago * MINUTE,
  kind: "text",
  text,
});
const summary = (client: string, more: Partial<Summary>): Summary => ({
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
const summaries: Summary[] = [
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
  summary("g-7f3a", { unread: 1, waiting: NOW - 14 * MINUTE, last: entry(1, "g-7f3a", 13, "When does the night tariff begin on a holiday?") }),
  summary("c-9", { name: "Elena Lazăr", unread: 4, priority: "high", waiting: NOW - 25 * MINUTE, last: entry(6, "c-9", 24, "The outage on Mill Street is back again") }),
  summary("c-311", { name: "Paul Vasile", last: entry(12, "a-ana", 32, "Then all is well. Have a good day!") }),
  summary("c-88", { name: "Dan Constantin-Alexandrescu din Deal", waiting: NOW - 62 * MINUTE, unread: 120, last: entry(3, "c-88", 104, "3× usual use since this morning") }),
  summary("c-56", { name: "Sara Moraru", last: { ...entry(2, "c-56", 126, ""), kind: "resolved", from: "a-radu" } }),
  summary("c-61", { name: "Vlad Ene", status: "open", assignee: null, unread: 1, waiting: NOW - 2 * MINUTE, last: entry(1, "c-61", 2, "Bună ziua!") }),
  summary("g-11", { status: "open", assignee: null, unread: 1, waiting: NOW - 1 * MINUTE, last: entry(1, "g-11", 1, "hello") }),
  summary("c-70", { name: "Ilinca Rusu", assignee: "a-radu", last: entry(5, "a-radu", 300, "I will call the technician.") }),
  summary("c-71", { name: "Mircea Albu", status: "snoozed", until: NOW + DAY, last: entry(5, "c-71", 2000, "Tomorrow, then") }),
];
let inboxState: InboxState = EMPTY_INBOX;
if (state !== "loading") {
  inboxState = reduceInbox(inboxState, { type: "snapshot", summaries: state === "empty" ? [] : summaries, names });
  inboxState = reduceInbox(inboxState, { type: "typing", client: "c-107", sender: "c-107", on: true, nowMs: NOW });
}

const CLIENT_WORDS = "Why did I use 40 kWh yesterday? I was at work all day.";
interface Line {
  readonly from: string;
  readonly ago: number;
  readonly text?: string;
  readonly more?: Partial<Item>;
}
const lines: Line[] = [
  { from: "c-42", ago: 2882, text: "Hello! Is the new meter reading by itself now?" },
  { from: "a-radu", ago: 2880, text: "Yes, every quarter of an hour. See https://example.org/meters, it explains the display." },
  { from: "a-radu", ago: 2878, more: { kind: "resolved" } },
  { from: "c-42", ago: 5, more: { kind: "reopened" } },
  { from: "c-42", ago: 3.3, text: CLIENT_WORDS },
  { from: "c-42", ago: 3.2, more: { kind: "card" } },
  { from: "a-ana", ago: 2.8, more: { kind: "assigned" } },
  { from: "a-ana", ago: 2, text: "Hello Maria! I see the peak between 17 and 20. That looks like the water heater running without its timer.", more: { tick: "read", seenAt: NOW - MINUTE } },
  { from: "a-ana", ago: 1.2, text: "Could you look whether its switch is on “manual”?", more: { tick: "delivered" } },
  { from: "c-42", ago: 0, text: "Checking now, one moment" },
];
const pendingLines: Line[] = [
  { from: "a-ana", ago: -0.1, text: "Take your time.", more: { tick: "sending" as Tick, seq: null } },
  { from: "a-ana", ago: -0.1, text: "Is this too fast?", more: { tick: "failed" as Tick, seq: null, refusal: { why: "too_fast", text: "You write faster than this desk allows." } } },
];
function items(client: string): Item[] {
  const chosen = client === "c-42" ? [...lines, ...(state === "offline" ? pendingLines : [])] : [{ from: client, ago: 13, text: "Hello" }];
  const bare = chosen.map((line, place) => {
    const at = NOW - line.ago * MINUTE;
    const from = line.from.startsWith("c-") ? client : line.from;
    const body: Entry = { seq: place + 1, id: `m-${place}`, from, at, kind: "text", text: line.text ?? "" };
    return {
      key: `${from}/${place}`,
      id: `m-${place}`,
      seq: place + 1,
      sender: from,
      name: names[from as keyof typeof names] ?? null,
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
      body:
        line.more?.kind === "card"
          ? { ...body, kind: "card" as const, card: { meter: "m-1", from: NOW - DAY - 14 * 60 * MINUTE, to: NOW - 14 * 60 * MINUTE } }
          : line.more?.kind === "assigned"
            ? { ...body, kind: "assigned" as const, to: "a-ana" }
            : body,
      ...line.more,
    };
  });
  return bare.map((item, place) => {
    const [before, after] = [bare[place - 1], bare[place + 1]];
    const day = new Date(item.at).toDateString();
    const same = (other: typeof item | undefined): boolean =>
      other?.sender === item.sender && Math.floor(other.at / MINUTE) === Math.floor(item.at / MINUTE) && other.tick === item.tick;
    return {
      ...item,
      day,
      firstOfDay: !before || new Date(before.at).toDateString() !== day,
      firstOfGroup: !same(before),
      lastOfGroup: !same(after),
    };
  });
}

const talks = new Map<string, Talk>();
function open(client: string): Talk {
  let talk = talks.get(client);
  if (!talk) {
    const view = signal<ConversationView>({
      client,
      items: items(client),
      typing: client === "c-42" ? [{ sender: client, name: "Maria" }] : [],
      unread: 2,
      firstUnreadKey: null,
      hasOlder: true,
      loading: false,
      empty: false,
      pending: state === "offline" ? 2 : 0,
      keptInMemoryOnly: false,
      last: 9,
    });
    let draft = client === "c-42" ? "Take your time. If it is on manual, turn it to “auto” and the" : "";
    const nothing = (): void => undefined;
    talk = {
      client,
      view,
      say: (text: string) => {
        const shown = view.value.items;
        const last = shown[shown.length - 1];
        if (!last) return;
        const id = `m-${shown.length}`;
        view.value = { ...view.value, items: [...shown, { ...last, key: id, id, sender: "a-ana", mine: true, side: "agent", text, tick: "sending", at: Date.now(), firstOfGroup: true, lastOfGroup: true, firstOfDay: false }] };
      },
      composing: nothing,
      setVisible: nothing,
      retry: nothing,
      discard: () => null,
      older: nothing,
      get draft() {
        return draft;
      },
      setDraft: (text: string) => {
        draft = text;
      },
    } as unknown as Talk;
    talks.set(client, talk);
  }
  return talk;
}

const desk = {
  connection: signal({
    state: state === "offline" || state === "refused" ? state : state === "loading" ? "connecting" : "live",
    sinceMs: 0,
    reason: null,
  }),
  inbox: signal(inboxState),
  names: signal(names),
  desk: signal(null),
  agents: signal({ "a-radu": { state: "online", viewing: ["c-42"] } }),
  start: async () => undefined,
  stop: async () => undefined,
  open,
  close: () => undefined,
  command: () => "x",
  commandState: () => signal("done"),
  setPresence: () => undefined,
  setViewing: () => undefined,
  reading: () => signal({ meter: "m-1", at: Date.now() - 4000, w: 420 }),
  find: async () => null,
} as unknown as Desk;

const HOURS = [3, 4, 4, 8, 8, 10, 8, 9, 5, 6, 5, 6, 6, 9, 12, 12, 14, 16, 30, 30, 25, 6, 2, 3];
const outside: Outside = {
  notes: async () => [{ id: "n1", agent: "a-radu", text: "heater timer was replaced on 12 Nov, see the work order.", at: NOW - 0.5 * MINUTE }],
  consumption: async (_, { from, to, step }) => {
    const width = { minute: MINUTE, quarter: 15 * MINUTE, hour: 60 * MINUTE, day: DAY, month: 30 * DAY }[step];
    const points = [];
    for (let at = from, place = 0; at < to; at += width, place += 1) {
      points.push({ at, wh: step === "hour" ? (HOURS[place % 24] ?? 0) * 120 : Math.round(8000 + 4000 * Math.sin(place / 4) + (place === 26 || place === 27 ? 14_000 : 0)), w: null });
    }
    return { points, last: null };
  },
  keep: (key, text) => sessionStorage.setItem(key, text),
  kept: (key) => sessionStorage.getItem(key) ?? "",
  now: () => NOW,
  signOut: () => undefined,
};

const theme = wish.get("theme");
if (theme) document.documentElement.dataset.theme = theme;
const root = document.getElementById("board");
if (root) render(<App board={new Board(desk, config, outside)} />, root);
