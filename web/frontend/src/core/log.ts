/**
 * What was stored, as one end holds it: a run of entries without gaps, and what came early behind a gap.
 * Each seq is taken once. A gap is fetched, never guessed. Touches nothing.
 */

import { SAID_KINDS } from "../protocol/kinds.ts";
import type { Entry, Marker } from "../protocol/payloads.ts";

export interface Log {
  /** The history's name; null until a snapshot told it. Another epoch is another history. */
  readonly epoch: string | null;
  /** The id of the `erased` entry that began this epoch, if one did. */
  readonly erased: string | null;
  /** Ascending, without gaps. */
  readonly entries: readonly Entry[];
  /** The last seq of the run; 0 while there is none. */
  readonly last: number;
  /** Below it the server has nothing. */
  readonly first: number;
  /** Entries beyond a gap, ascending. */
  readonly early: readonly Entry[];
  /** What was asked of the server and is not answered yet. */
  readonly asked: Ask | null;
  /** Whether a snapshot was merged since the line came up: only then are a marker or an "empty" true. */
  readonly known: boolean;
  /** What a page will be compared with that tells another epoch: only then was the history erased, or restored. */
  readonly was?: Pick<Log, "epoch" | "erased"> | undefined;
}

/** Entries after a seq; or the newest before one. */
export type Ask = { readonly after: number } | { readonly before: number };

/** A snapshot's page, as `GET …/log` answers. */
export interface LogPage {
  readonly entries: readonly Entry[];
  readonly last: number;
  readonly first: number;
  readonly epoch: string;
  readonly markers: Readonly<Record<string, Marker>>;
  readonly names: Readonly<Record<string, string>>;
}

/** Beyond every seq that a log will reach: asks for the newest page. */
export const NEWEST = 2_147_483_647;
export const EMPTY_LOG: Log = {
  epoch: null,
  erased: null,
  entries: [],
  last: 0,
  first: 1,
  early: [],
  asked: null,
  known: false,
};

export interface Merged {
  readonly log: Log;
  /** Entries that joined the run, in order. */
  readonly fresh: readonly Entry[];
  readonly ask: Ask | null;
  /** The history was replaced: cache and markers are void. */
  readonly renewed: boolean;
  /** It was erased, not restored: what was written before is void too. */
  readonly erased?: true | undefined;
}

/** Asks for what is missing at the start of a connection: what came after the cache, or the newest page. */
export function catchUp(log: Log): Merged {
  const ask: Ask = log.entries.length > 0 ? { after: log.last } : { before: NEWEST };
  return { log: { ...log, known: false, asked: ask }, fresh: [], ask, renewed: false };
}

/** Takes one live entry. */
export function hear(log: Log, entry: Entry): Merged {
  if (entry.kind === "erased" && entry.id === log.erased) return unchanged(log);
  if (entry.kind === "erased" && (log.last > 0 || log.known)) return erase(log, entry);
  if (entry.seq <= log.last || log.early.some((held) => held.seq === entry.seq)) return unchanged(log);
  const early = [...log.early, entry].sort((one, other) => one.seq - other.seq);
  const joined = join({ ...log, early });
  if (joined.log.early.length === 0) {
    // The gap filled itself: what was asked for it is not needed any more.
    const asked = log.known ? null : joined.log.asked;
    return { ...joined, log: { ...joined.log, asked } };
  }
  if (joined.log.asked) return joined;
  const ask: Ask = joined.log.last > 0 || log.known ? { after: joined.log.last } : { before: NEWEST };
  return { ...joined, log: { ...joined.log, asked: ask }, ask };
}

/** Takes a snapshot's page, the answer to `asked`. */
export function mergePage(log: Log, asked: Ask, page: LogPage): Merged {
  if (log.epoch !== null && log.epoch !== page.epoch) {
    const whole = page.entries[0]?.seq === page.first || ("before" in asked && asked.before === NEWEST);
    const empty: Log = { ...EMPTY_LOG, was: { epoch: log.epoch, erased: log.erased } };
    if (whole) return { ...mergePage(empty, { before: NEWEST }, page), renewed: true };
    const ask = { before: NEWEST };
    return { log: { ...empty, asked: ask }, fresh: [], ask, renewed: true };
  }
  const held = new Map(page.entries.map((entry) => [entry.seq, entry]));
  const lowest = log.entries[0]?.seq ?? log.last + 1;
  const older = "before" in asked && log.entries.length > 0 ? page.entries.filter((entry) => entry.seq < lowest) : [];
  const kept = [...older, ...log.entries].filter((entry) => entry.seq >= page.first);
  const entries = kept.map((entry) => held.get(entry.seq) ?? entry);
  // What lies below the server's first, or below a newest page, is no gap.
  const start = log.entries.length === 0 && "before" in asked ? (page.entries[0]?.seq ?? page.last + 1) : page.first;
  // What the server leaves out right after the run cannot be had (it is out of form for this page): asking again
  // would go on for ever.
  const hole = "after" in asked && asked.after === log.last && (page.entries[0]?.seq ?? 0) > log.last + 1;
  const last = Math.max(log.last, start - 1, hole ? (page.entries[0] as Entry).seq - 1 : 0);
  const early = [...log.early.filter((entry) => !held.has(entry.seq)), ...page.entries]
    .filter((entry) => entry.seq > last)
    .sort((one, other) => one.seq - other.seq);
  const before = log.last;
  const { first } = page;
  const epoch = page.epoch || null; // a log that has not begun has none, and its first is no change
  const erased = log.erased ?? page.entries.find((entry) => entry.kind === "erased")?.id ?? null;
  const joined = {
    ...join({ epoch, erased, entries, last, first, early, asked: null, known: true }),
    ...(wasErased(log, epoch, erased) && { erased: true as const }),
  };
  const behind = joined.log.last < page.last || joined.log.early.length > 0;
  // Without progress the same question would be asked for ever; the next entry or reconnect asks again.
  if (!behind || (joined.log.last === before && page.entries.length === 0)) return joined;
  const ask = { after: joined.log.last };
  return { ...joined, log: { ...joined.log, asked: ask }, ask };
}

/** Asks for a page below the run, or nothing where the server has none. */
export function askOlder(log: Log): Merged {
  const lowest = log.entries[0]?.seq ?? 0;
  if (log.asked || lowest <= log.first) return unchanged(log);
  const ask = { before: lowest };
  return { log: { ...log, asked: ask }, fresh: [], ask, renewed: false };
}

const unchanged = (log: Log): Merged => ({ log, fresh: [], ask: null, renewed: false });

/** A new epoch begins with this entry; its name is asked for. A bridge that comes repeats the entry: then it is no other. */
function erase(before: Log, entry: Entry): Merged {
  const ask = { after: 0 };
  const was = before.was ?? { epoch: before.epoch, erased: before.erased };
  const log = { ...EMPTY_LOG, erased: entry.id, entries: [entry], last: 1, asked: ask, was };
  return { log, fresh: [entry], ask, renewed: true };
}

/** Whether what is known of the epoch now says that the history held before was erased. */
const wasErased = ({ was }: Log, epoch: string | null, erased: string | null): boolean =>
  was !== undefined && was.epoch !== null && was.epoch !== epoch && erased !== null && erased !== was.erased;

/** Moves what now follows the run from `early` into it. */
function join(log: Log): Merged {
  let { last } = log;
  const fresh: Entry[] = [];
  for (const entry of log.early) {
    if (entry.seq !== last + 1) continue;
    fresh.push(entry);
    last = entry.seq;
  }
  if (fresh.length === 0) return unchanged(log);
  const entries = fresh.reduce(amend, [...log.entries, ...fresh]);
  return {
    log: { ...log, entries, last, early: log.early.filter((entry) => entry.seq > last) },
    fresh,
    ask: null,
    renewed: false,
  };
}

/** An edit or a deletion also changes the entry it is about. */
function amend(entries: Entry[], event: Entry): Entry[] {
  if (event.kind !== "edited" && event.kind !== "deleted") return entries;
  return entries.map((entry) => {
    if (entry.seq !== event.of || !SAID_KINDS.includes(entry.kind)) return entry;
    if (event.kind === "edited") return event.text === undefined ? entry : { ...entry, text: event.text, edited: true };
    const { seq, id, from, at, kind, origin } = entry; // whatever a kind carries goes
    return { seq, id, from, at, kind, ...(origin && { origin }), deleted: true };
  });
}
