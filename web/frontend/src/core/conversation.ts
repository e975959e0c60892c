/**
 * One conversation as one participant sees it: log, markers, typing, outbox. `reduce` takes an event and returns the
 * new state and the effects to carry out, as data. Pure: clock and jitter come with the event.
 */

import { roleOf } from "../protocol/ids.ts";
import { type File, SAID_KINDS } from "../protocol/kinds.ts";
import type { Command, Entry, Marker, Refusal, Said } from "../protocol/payloads.ts";
import { type Ask, askOlder, catchUp, EMPTY_LOG, hear, type Log, type LogPage, type Merged, mergePage } from "./log.ts";
import { highest, type Markers, NOTHING_READ, otherSide, raise } from "./markers.ts";
import type { Change, Outbox, Pending, Stepped } from "./outbox.ts";
import * as outbox from "./outbox.ts";
import { type Composing, endTyping, expireTyping, heardTyping, TYPING_REPEATS_MS } from "./typing.ts";

export interface Conversation {
  readonly client: string;
  /** The reader: the client, or an agent. */
  readonly me: string;
  readonly log: Log;
  readonly markers: Markers;
  /** The reader's own marker, as last published. */
  readonly own: Marker;
  readonly composing: Composing;
  /** When the reader's typing was last published; null while the reader does not type. */
  readonly saidTypingMs: number | null;
  readonly outbox: Outbox;
  readonly names: Readonly<Record<string, string>>;
  readonly online: boolean;
  /** Whether this conversation is on screen; only then entries become read. */
  readonly visible: boolean;
  /** The last read seq when it was opened; null when all was read. */
  readonly unreadAfter: number | null;
  /** When the other side's read marker last moved; null when that was before this page. */
  readonly seenAtMs: number | null;
}

/** What is cached between visits. */
export type CachedConversation = Pick<Log, "epoch" | "erased" | "entries" | "first"> &
  Pick<Conversation, "markers" | "own" | "names" | "seenAtMs">;

export type Happened =
  | { readonly type: "kept"; readonly kept: CachedConversation }
  | { readonly type: "online" }
  | { readonly type: "offline"; readonly closed: boolean }
  | { readonly type: "rolled" }
  | { readonly type: "entry"; readonly entry: Entry }
  | { readonly type: "page"; readonly asked: Ask; readonly page: LogPage }
  | { readonly type: "page-failed"; readonly asked: Ask }
  | { readonly type: "older" }
  | { readonly type: "names"; readonly names: Readonly<Record<string, string>> }
  | { readonly type: "marker"; readonly reader: string; readonly marker: Marker }
  | { readonly type: "typing"; readonly sender: string; readonly on: boolean }
  | { readonly type: "refusal"; readonly refusal: Refusal }
  | { readonly type: "done"; readonly ids: readonly string[] }
  | { readonly type: "say"; readonly said: Said; readonly upload?: true }
  | { readonly type: "uploaded"; readonly id: string; readonly file: File }
  | { readonly type: "order"; readonly command: Command }
  | { readonly type: "compose"; readonly on: boolean }
  | { readonly type: "look"; readonly visible: boolean }
  | { readonly type: "list"; readonly items: readonly Pending[] }
  | { readonly type: "retry"; readonly id: string }
  | { readonly type: "discard"; readonly id: string }
  | { readonly type: "tick" };
/** `wallMs`: from the wall clock, for people. */
type Now = outbox.Moment & { readonly wallMs?: number };
export type Event = Happened & Now;

export type Effect =
  | { readonly do: "publish"; readonly pending: Pending }
  | { readonly do: "mark"; readonly marker: Marker }
  | { readonly do: "typing"; readonly on: boolean }
  | { readonly do: "fetch"; readonly ask: Ask }
  | { readonly do: "keep"; readonly change: Change }
  /** Drop the cache: a new epoch began. */
  | { readonly do: "forget" }
  /** The log was erased: drop the draft and the files of these unsent messages. */
  | { readonly do: "erase"; readonly unsent: readonly string[] };

export interface Reduced {
  readonly state: Conversation;
  readonly effects: readonly Effect[];
}

/** The pause before a failed fetch is repeated. */
export const FETCH_AGAIN_MS = 2_000;

export const newConversation = (client: string, me: string): Conversation => ({
  client,
  me,
  log: EMPTY_LOG,
  markers: {},
  own: NOTHING_READ,
  composing: {},
  saidTypingMs: null,
  outbox: outbox.EMPTY_OUTBOX,
  names: {},
  online: false,
  visible: false,
  unreadAfter: null,
  seenAtMs: null,
});

export const keptOf = ({ log, markers, own, names, seenAtMs }: Conversation, most: number): CachedConversation => {
  const { epoch, erased, first } = log;
  return { epoch, erased, entries: log.entries.slice(-most), first, markers, own, names, seenAtMs };
};

const just = (state: Conversation): Reduced => ({ state, effects: [] });

type Handlers = {
  readonly [E in Happened as E["type"]]: (state: Conversation, event: E & Now) => Reduced;
};
const DESK_HANDLERS: Pick<Handlers, "done" | "order"> = {
  done: (state, event) => tickAll(state, event.ids, event),
  order(state, event) {
    const { command } = event;
    const item = { id: command.id, client: state.client, atMs: event.nowMs, command, failed: null };
    return step(state, outbox.write(state.outbox, item, event));
  },
};
const HANDLERS: Handlers = {
  ...(__DESK__ ? DESK_HANDLERS : (undefined as never)),
  kept: (state, { kept }) => just(recall(state, kept)),
  online(state, event) {
    const { log, ask } = catchUp(state.log);
    const up = { ...state, log, online: true };
    // The log may have been erased meanwhile: unsent messages wait for its first page.
    const so = log.epoch !== null && up.outbox.items.length > 0 ? just(up) : sendOn(up, event);
    return { ...so, effects: [...fetching(ask), ...so.effects] };
  },
  offline: (state, event) =>
    step(
      { ...state, online: false, composing: {}, saidTypingMs: null, log: { ...state.log, asked: null } },
      outbox.goOffline(state.outbox, event.closed, event),
    ),
  rolled: (state, event) => step(state, outbox.goRolled(state.outbox, event)),
  entry: takeEntry,
  page: takePage,
  "page-failed": (state, event) =>
    after(
      state.online && (state.log.asked || (__DESK__ && isForBare(state, event.asked)))
        ? { state, effects: fetching(event.asked) }
        : just(state),
      // REST does not answer, so unsent messages wait no longer.
      (next) => (next.online && !next.outbox.online ? sendOn(next, event) : just(next)),
    ),
  names(state, { names }) {
    const known = Object.entries(names).every(([id, name]) => state.names[id] === name);
    return just(known ? state : { ...state, names: { ...state.names, ...names } });
  },
  older(state) {
    const { log, ask } = askOlder(state.log);
    return { state: { ...state, log }, effects: fetching(ask) };
  },
  marker: (state, event) => just(takeMarker(state, event.reader, event.marker, event.wallMs ?? event.nowMs)),
  typing(state, { sender, on, nowMs }) {
    if (sender === state.me) return just(state);
    return just({ ...state, composing: heardTyping(state.composing, sender, on, nowMs) });
  },
  refusal: (state, event) => step(state, outbox.refuse(state.outbox, event.refusal, event)),
  say(state, event) {
    const { said, upload } = event;
    const item = { id: said.id, client: state.client, atMs: said.sent, said, failed: null, ...(upload && { upload }) };
    // Sending ends typing: the entry ends it for the others.
    const quiet = { ...state, saidTypingMs: null, unreadAfter: null };
    return step(quiet, outbox.write(state.outbox, item, event));
  },
  uploaded: (state, event) => step(state, outbox.uploaded(state.outbox, event.id, event.file, event)),
  compose: (state, { on, nowMs }) => compose(state, on, nowMs),
  look: (state, { visible }) => mark(look(state, visible)),
  list: takeList,
  retry: (state, event) => step(state, outbox.retry(state.outbox, event.id, event)),
  discard: (state, event) => step(state, outbox.discard(state.outbox, event.id, event)),
  tick: (state, event) =>
    step({ ...state, composing: expireTyping(state.composing, event.nowMs) }, outbox.onTick(state.outbox, event)),
};

export const reduce = (state: Conversation, event: Event): Reduced =>
  (HANDLERS[event.type] as (state: Conversation, event: Event) => Reduced)(state, event);

/** Return when the state needs the next `tick`; null for never. */
export function wakesMs(state: Conversation): number | null {
  const times = [...Object.values(state.composing), outbox.outboxWakesMs(state.outbox)].filter((time) => time !== null);
  return times.length > 0 ? Math.min(...times) : null;
}

/** Return how many messages of the other side are above the reader's marker. */
export const unreadOf = (state: Conversation): number =>
  state.log.entries.filter((entry) => entry.seq > state.own.read && isWordOfOther(state, entry)).length;

export function isWordOfOther(state: Conversation, entry: Entry): boolean {
  const theirs = state.me === state.client ? entry.from !== state.client : entry.from === state.client;
  return theirs && entry.from !== state.me && SAID_KINDS.includes(entry.kind) && !entry.deleted;
}

const fetching = (ask: Ask | null): readonly Effect[] => (ask ? [{ do: "fetch", ask }] : []);

function after(so: Reduced, next: (state: Conversation) => Reduced): Reduced {
  const then = next(so.state);
  return { state: then.state, effects: [...so.effects, ...then.effects] };
}

function step(state: Conversation, stepped: Stepped): Reduced {
  const keeps = stepped.changes.map((change): Effect => ({ do: "keep", change }));
  const publishes: readonly Effect[] = stepped.publish ? [{ do: "publish", pending: stepped.publish }] : [];
  const { outbox } = stepped;
  return { state: outbox === state.outbox ? state : { ...state, outbox }, effects: [...publishes, ...keeps] };
}

function recall(state: Conversation, kept: CachedConversation): Conversation {
  // A connection that is already up knows better.
  if (state.log.known || state.log.entries.length > 0) return state;
  const { epoch, erased, entries, first } = kept;
  const log: Log = { ...state.log, epoch, erased, entries, first, last: entries.at(-1)?.seq ?? 0 };
  const names = { ...kept.names, ...state.names };
  return look({ ...state, log, names, markers: kept.markers, own: kept.own, seenAtMs: kept.seenAtMs }, state.visible);
}

const tickAll = (state: Conversation, ids: readonly string[], now: Now): Reduced =>
  ids.reduce((so, id) => after(so, (next) => step(next, outbox.tick(next.outbox, id, now))), just(state));

function takeEntry(state: Conversation, event: { readonly entry: Entry } & Now): Reduced {
  const { entry } = event;
  // Checked before the seq: the answer to a resend is the old entry.
  const ticked = tickAll(state, entry.from === state.me ? [entry.id] : [], event);
  return after(ticked, (next) => askMore(takeMerged(next, hear(next.log, entry)), entry));
}

/** Return whether it is an assignment without who and to whom: clients hear the log too, so only REST tells the desk. */
export const isBare = ({ kind, from }: Entry): boolean => kind === "assigned" && roleOf(from) === "service";

/** Ask for the entry's page when nothing has named this agent yet, or the entry is bare. */
function askMore({ state, effects }: Reduced, entry: Entry): Reduced {
  const { from, seq } = entry;
  const named = from === state.me || from in state.names || roleOf(from) !== "agent";
  if ((named && !(__DESK__ && isBare(entry))) || !state.log.known || state.log.asked || !state.online)
    return { state, effects };
  return { state, effects: [...effects, { do: "fetch", ask: { after: seq - 1 } }] };
}

/** Return whether a request is for an entry that is bare still. */
const isForBare = ({ log }: Conversation, asked: Ask): boolean =>
  "after" in asked && log.entries.some((entry) => entry.seq === asked.after + 1 && isBare(entry));

/** Ask for a bare entry that came while this page was asked for; one that the server does not tell stays bare. */
function askBare(taken: Reduced, { asked, page }: { readonly asked: Ask; readonly page: LogPage }): Reduced {
  const bare = taken.state.log.entries.find(isBare);
  if (!bare) return taken;
  const wasTold = page.last >= bare.seq && "after" in asked && asked.after === bare.seq - 1;
  return wasTold ? taken : askMore(taken, bare);
}

function takePage(state: Conversation, event: { readonly asked: Ask; readonly page: LogPage } & Now): Reduced {
  const { asked, page } = event;
  const merged = mergePage(state.log, asked, page);
  const base = merged.renewed ? { ...state, markers: {}, own: NOTHING_READ } : state;
  const markers = Object.entries(page.markers).reduce(
    (all, [reader, marker]) => raise(all, reader, marker),
    base.markers,
  );
  const own = highest(base.own, page.markers[state.me] ?? NOTHING_READ);
  const known = { ...base, markers, own, names: { ...base.names, ...page.names } };
  const mine = page.entries.filter((entry) => entry.from === state.me).map((entry) => entry.id);
  const taken = after(tickAll(known, mine, event), (next) => takeMerged(next, merged));
  const whole = __DESK__ && !merged.ask ? askBare(taken, event) : taken;
  const clean = merged.erased ? after(whole, (next) => eraseUnsent(next, event)) : whole;
  // Unsent messages go out once the log is known: those written before an erasure must not be stored after it.
  const so = clean.state.outbox.online === clean.state.online ? clean : after(clean, (next) => sendOn(next, event));
  // The server's copy of the reader's marker may be older: publish it again.
  const stored = page.markers[state.me] ?? NOTHING_READ;
  const lower = !merged.ask && (stored.read < so.state.own.read || stored.delivered < so.state.own.delivered);
  const said = so.effects.some((effect) => effect.do === "mark");
  return lower && !said && so.state.own.delivered > 0
    ? { ...so, effects: [...so.effects, { do: "mark", marker: so.state.own }] }
    : so;
}

function takeMerged(state: Conversation, merged: Merged): Reduced {
  const base = merged.renewed ? { ...state, markers: {}, own: NOTHING_READ, unreadAfter: null, seenAtMs: null } : state;
  const composing = merged.fresh.reduce((all, entry) => endTyping(all, entry.from), base.composing);
  const forget: readonly Effect[] = merged.renewed ? [{ do: "forget" }] : [];
  const so = { state: { ...base, log: merged.log, composing }, effects: [...forget, ...fetching(merged.ask)] };
  return after(so, mark);
}

/** Discard every message written before the erasure. */
function eraseUnsent(state: Conversation, now: Now): Reduced {
  const unsent = state.outbox.items.map(({ id }) => id);
  const dropped = unsent.reduce<Reduced>(
    (so, id) => after(so, (next) => step(next, outbox.discard({ ...next.outbox, online: false }, id, now))),
    just(state),
  );
  return { ...dropped, effects: [...dropped.effects, { do: "erase", unsent }] };
}

const sendOn = (state: Conversation, now: Now): Reduced => step(state, outbox.goOnline(state.outbox, now));

function takeMarker(state: Conversation, reader: string, marker: Marker, wallMs: number): Conversation {
  const held = reader === state.me ? state.own : (state.markers[reader] ?? NOTHING_READ);
  if (marker.delivered <= held.delivered && marker.read <= held.read) return state; // the reader's own marker comes back
  const before = otherSide(state.markers, state.client, state.me).read;
  const markers = raise(state.markers, reader, marker);
  const moved = otherSide(markers, state.client, state.me).read > before;
  // Another tab of the reader may be further.
  const own = reader === state.me ? highest(state.own, marker) : state.own;
  return { ...state, markers, own, seenAtMs: moved ? wallMs : state.seenAtMs };
}

function look(state: Conversation, visible: boolean): Conversation {
  const began = visible && !state.visible && unreadOf(state) > 0;
  return { ...state, visible, unreadAfter: began ? state.own.read : visible ? state.unreadAfter : null };
}

/** Raise the reader's marker. Delivered: all entries without a gap; read: those, while on screen. */
function mark(state: Conversation): Reduced {
  if (!state.online || !state.log.known) return just(state);
  const heard = state.log.entries.findLast((entry) => entry.from !== state.me)?.seq ?? 0;
  const { last } = state.log;
  const own = {
    delivered: heard > state.own.delivered ? last : state.own.delivered,
    read: state.visible && heard > state.own.read ? last : state.own.read,
  };
  if (own.delivered === state.own.delivered && own.read === state.own.read) return just(state);
  const marker = highest(own, state.own);
  return { state: { ...state, own: marker }, effects: [{ do: "mark", marker }] };
}

function compose(state: Conversation, on: boolean, nowMs: number): Reduced {
  if (!on) {
    if (state.saidTypingMs === null) return just(state);
    return { state: { ...state, saidTypingMs: null }, effects: [{ do: "typing", on: false }] };
  }
  const due = state.saidTypingMs === null || nowMs - state.saidTypingMs >= TYPING_REPEATS_MS;
  if (!due || !state.online) return just(state);
  return { state: { ...state, saidTypingMs: nowMs }, effects: [{ do: "typing", on: true }] };
}

/** Take this conversation's part of the stored outbox; drop what the log already has. */
function takeList(state: Conversation, event: { readonly items: readonly Pending[] } & Now): Reduced {
  const stored = new Set(state.log.entries.filter((entry) => entry.from === state.me).map((entry) => entry.id));
  const mine = event.items.filter((item) => item.client === state.client);
  const gone = mine
    .filter((item) => stored.has(item.id))
    .map((item): Effect => ({ do: "keep", change: { do: "drop", id: item.id } }));
  const open = mine.filter((item) => !stored.has(item.id));
  const so = step(state, outbox.takeList(state.outbox, open, event));
  return { ...so, effects: [...so.effects, ...gone] };
}
