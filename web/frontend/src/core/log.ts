/**
 * The stored log on this side: a run of entries without gaps, and entries that came early, after a gap. Each seq is
 * taken once; a gap is fetched. Pure.
 */

import { SAID_KINDS } from "../protocol/kinds.ts";
import type { Entry, Marker } from "../protocol/payloads.ts";

export interface Log {
  /** Names the log; null until a snapshot told it. A new epoch is a new log. */
  readonly epoch: string | null;
  /** The id of the `erased` entry that began this epoch, if any. */
  readonly erased: string | null;
  /** Ascending, without gaps. */
  readonly entries: readonly Entry[];
  /** The last seq of `entries`; 0 for none. */
  readonly last: number;
  /** The lowest seq that the server has. */
  readonly first: number;
  /** Entries after a gap, ascending. */
  readonly early: readonly Entry[];
  /** The request that waits for its answer. */
  readonly asked: Ask | null;
  /** Whether a snapshot was merged on this connection. Before, neither markers nor "empty" are certain. */
  readonly known: boolean;
  /** The log before this epoch, to tell an erasure from a restore. */
  readonly was?: Pick<Log, "epoch" | "erased"> | undefined;
}

/** Entries after a seq, or the newest ones before a seq. */
export type Ask = { readonly after: number } | { readonly before: number };

/** A page of `GET …/log`. */
export interface LogPage {
  readonly entries: readonly Entry[];
  readonly last: number;
  readonly first: number;
  readonly epoch: string;
  readonly markers: Readonly<Record<string, Marker>>;
  readonly names: Readonly<Record<string, string>>;
}

/** Above every seq: asks for the newest page. */
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
  /** A new epoch: cache and markers are void. */
  readonly renewed: boolean;
  /** Erased, not restored: unsent messages are void too. */
  readonly erased?: true | undefined;
}

/** Ask for what is missing at the start of a connection: entries after the cache, or the newest page. */
export function catchUp(log: Log): Merged {
  const ask: Ask = log.entries.length > 0 ? { after: log.last } : { before: NEWEST };
  return asking({ ...log, known: false }, ask);
}

/** Take one live entry. */
export function hear(log: Log, entry: Entry): Merged {
  if (entry.kind === "erased" && entry.id === log.erased) return unchanged(log);
  if (entry.kind === "erased" && (log.last > 0 || log.known)) return erase(log, entry);
  if (entry.seq <= log.last || log.early.some((held) => held.seq === entry.seq)) return unchanged(log);
  const early = [...log.early, entry].sort((one, other) => one.seq - other.seq);
  const joined = join({ ...log, early });
  if (joined.log.early.length === 0) {
    // The gap is closed, so the answer to its request is not needed.
    const asked = log.known ? null : joined.log.asked;
    return { ...joined, log: { ...joined.log, asked } };
  }
  if (joined.log.asked) return joined;
  const ask: Ask = joined.log.last > 0 || log.known ? { after: joined.log.last } : { before: NEWEST };
  return { ...joined, log: { ...joined.log, asked: ask }, ask };
}

/** Take a page, the answer to `asked`. */
export function mergePage(log: Log, asked: Ask, page: LogPage): Merged {
  if (log.epoch !== null && log.epoch !== page.epoch) {
    const whole = page.entries[0]?.seq === page.first || ("before" in asked && asked.before === NEWEST);
    const empty: Log = { ...EMPTY_LOG, was: { epoch: log.epoch, erased: log.erased } };
    if (whole) return { ...mergePage(empty, { before: NEWEST }, page), renewed: true };
    return { ...asking(empty, { before: NEWEST }), renewed: true };
  }
  const held = new Map(page.entries.map((entry) => [entry.seq, entry]));
  const lowest = log.entries[0]?.seq ?? log.last + 1;
  const older = "before" in asked && log.entries.length > 0 ? page.entries.filter((entry) => entry.seq < lowest) : [];
  const kept = [...older, ...log.entries].filter((entry) => entry.seq >= page.first);
  const entries = kept.map((entry) => held.get(entry.seq) ?? entry);
  // Entries below the server's first, or below a newest page, are no gap.
  const start = log.entries.length === 0 && "before" in asked ? (page.entries[0]?.seq ?? page.last + 1) : page.first;
  // The page left out entries right after the run as malformed. Asking again would never end.
  const hole = "after" in asked && asked.after === log.last && (page.entries[0]?.seq ?? 0) > log.last + 1;
  const last = Math.max(log.last, start - 1, hole ? (page.entries[0] as Entry).seq - 1 : 0);
  const early = [...log.early.filter((entry) => !held.has(entry.seq)), ...page.entries]
    .filter((entry) => entry.seq > last)
    .sort((one, other) => one.seq - other.seq);
  const before = log.last;
  const { first } = page;
  const epoch = page.epoch || null; // an empty log has none, and getting the first is no change
  const erased = log.erased ?? page.entries.find((entry) => entry.kind === "erased")?.id ?? null;
  const joined = {
    ...join({ epoch, erased, entries, last, first, early, asked: null, known: true }),
    ...(wasErased(log, epoch, erased) && { erased: true as const }),
  };
  const behind = joined.log.last < page.last || joined.log.early.length > 0;
  // No progress: the next entry or connection asks again.
  if (!behind || (joined.log.last === before && page.entries.length === 0)) return joined;
  const ask = { after: joined.log.last };
  return { ...joined, log: { ...joined.log, asked: ask }, ask };
}

/** Ask for the page below the run, if the server has one. */
export function askOlder(log: Log): Merged {
  const lowest = log.entries[0]?.seq ?? 0;
  if (log.asked || lowest <= log.first) return unchanged(log);
  return asking(log, { before: lowest });
}

const unchanged = (log: Log): Merged => ({ log, fresh: [], ask: null, renewed: false });
const asking = (log: Log, ask: Ask): Merged => ({ log: { ...log, asked: ask }, fresh: [], ask, renewed: false });

/**
 * Begin a new epoch with this entry and ask for its name. A restarted bridge repeats the entry; that is no new epoch.
 */
function erase(before: Log, entry: Entry): Merged {
  const ask = { after: 0 };
  const was = before.was ?? { epoch: before.epoch, erased: before.erased };
  const log = { ...EMPTY_LOG, erased: entry.id, entries: [entry], last: 1, asked: ask, was };
  return { log, fresh: [entry], ask, renewed: true };
}

/** Return whether the earlier log was erased. */
const wasErased = ({ was }: Log, epoch: string | null, erased: string | null): boolean =>
  was !== undefined && was.epoch !== null && was.epoch !== epoch && erased !== null && erased !== was.erased;

/** Move the entries that now follow the run from `early` into it. */
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
  return { ...unchanged({ ...log, entries, last, early: log.early.filter((entry) => entry.seq > last) }), fresh };
}

/** Apply an edit or a deletion to its entry. */
function amend(entries: Entry[], event: Entry): Entry[] {
  if (event.kind !== "edited" && event.kind !== "deleted") return entries;
  return entries.map((entry) => {
    if (entry.seq !== event.of || !SAID_KINDS.includes(entry.kind)) return entry;
    if (event.kind === "edited") return event.text === undefined ? entry : { ...entry, text: event.text, edited: true };
    const { seq, id, from, at, kind, origin } = entry; // drops the body of any kind
    return { seq, id, from, at, kind, ...(origin && { origin }), deleted: true };
  });
}
