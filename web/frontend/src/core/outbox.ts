/**
 * What has no entry yet, of one conversation: kept until the log carries its id under the sender's own name (of a
 * command: until a Summary's `did` names it). One unticked item is in flight, so the sender's order is strict.
 * The list belongs to the identity and all its tabs, its order is the list's; the flight belongs to this tab.
 * Touches nothing: time and jitter are arguments.
 */

import type { File } from "../protocol/kinds.ts";
import type { Command, Refusal, Said } from "../protocol/payloads.ts";

/** A message or a command on its way. */
export interface Pending {
  readonly id: string;
  readonly client: string;
  /** When it was written, by the sender's clock. */
  readonly atMs: number;
  readonly said?: Said;
  readonly command?: Command;
  /** Its file is not with the server yet: that goes first, under the message's id. */
  readonly upload?: true;
  /** Not sent, and why; it waits for a person's retry or delete, and the next one goes. */
  readonly failed: Failure | null;
}
export interface Failure {
  readonly why: string;
  readonly text: string;
}

/** The head of the list as this tab sends it. */
export interface Flight {
  readonly id: string;
  /** When it is published next. */
  readonly dueMs: number;
  /** How often it was published since the line came up. */
  readonly tries: number;
  /** When it was last published on this connection. */
  readonly publishedMs: number | null;
  /** How often, in a row, the connection was closed right after it was published. */
  readonly closes: number;
}

export interface Outbox {
  readonly items: readonly Pending[];
  /** Ids written in this tab, which sends them at once. */
  readonly here: readonly string[];
  readonly flight: Flight | null;
  readonly online: boolean;
}

/** A change of the identity's list; applied atomically by whoever keeps it, safe to repeat. */
export type Change =
  | { readonly do: "add"; readonly item: Pending }
  | { readonly do: "drop"; readonly id: string }
  | { readonly do: "fail"; readonly id: string; readonly failure: Failure }
  | { readonly do: "retry"; readonly id: string }
  | { readonly do: "uploaded"; readonly id: string; readonly file: File };

export interface Stepped {
  readonly outbox: Outbox;
  /** What goes out now; while its file is not uploaded, that. */
  readonly publish: Pending | null;
  readonly changes: readonly Change[];
}

export const SILENCE_MS = 5_000;
export const LONGEST_PAUSE_MS = 60_000;
/** A publish followed by this many closes in a row is marked not sent. */
export const CLOSES = 3;
export const EMPTY_OUTBOX: Outbox = { items: [], here: [], flight: null, online: false };

/** The list after the change. Adding what is there, or dropping what is not, changes nothing. */
export function applyChange(list: readonly Pending[], change: Change): readonly Pending[] {
  switch (change.do) {
    case "add":
      return list.some((item) => item.id === change.item.id) ? list : [...list, change.item];
    case "drop":
      return list.filter((item) => item.id !== change.id);
    case "fail":
      return list.map((item) => (item.id === change.id ? { ...item, failed: change.failure } : item));
    case "retry": {
      const item = list.find((each) => each.id === change.id);
      // To the end: what was written after it has gone before it.
      return item?.failed ? [...list.filter((each) => each !== item), { ...item, failed: null }] : list;
    }
    case "uploaded":
      return list.map((item) => (item.id === change.id && item.said ? withFile(item, item.said, change.file) : item));
  }
}

function withFile({ upload: _, ...item }: Pending, said: Said, file: File): Pending {
  return { ...item, said: { ...said, file } };
}

/** The pause after the nth publish without a tick: 5 s, then doubling up to a minute, and up to a quarter more by jitter. */
export function pauseMs(tries: number, jitter: number): number {
  const pause = Math.min(SILENCE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
  return tries <= 1 ? pause : Math.round(pause * (1 + jitter / 4));
}

const headOf = (outbox: Outbox): Pending | undefined => outbox.items.find((item) => !item.failed);

/** Puts the head in flight and publishes it when it is due. */
function settle(outbox: Outbox, nowMs: number, jitter: number, changes: readonly Change[] = []): Stepped {
  const head = headOf(outbox);
  if (!head) return { outbox: outbox.flight ? { ...outbox, flight: null } : outbox, publish: null, changes };
  let flight = outbox.flight;
  if (flight?.id !== head.id)
    flight = { id: head.id, dueMs: firstDueMs(outbox, head, nowMs), tries: 0, publishedMs: null, closes: 0 };
  if (!outbox.online || flight.dueMs > nowMs) return { outbox: { ...outbox, flight }, publish: null, changes };
  const tries = flight.tries + 1;
  // A line that stayed open through the silence has not been closed "right after".
  const closes = flight.publishedMs === null ? flight.closes : 0;
  // An upload is no publish that a close could be the answer to.
  const publishedMs = head.upload ? null : nowMs;
  flight = { ...flight, tries, closes, publishedMs, dueMs: nowMs + pauseMs(tries, jitter) };
  return { outbox: { ...outbox, flight }, publish: head, changes };
}

/** At once where it was written; elsewhere only what is still unticked after 5 s. */
function firstDueMs(outbox: Outbox, head: Pending, nowMs: number): number {
  if (outbox.here.includes(head.id)) return nowMs;
  return Math.min(nowMs + SILENCE_MS, Math.max(nowMs, head.atMs + SILENCE_MS));
}

function change(outbox: Outbox, by: Change, nowMs: number, jitter: number): Stepped {
  const items = applyChange(outbox.items, by);
  return settle({ ...outbox, items }, nowMs, jitter, [by]);
}

export const write = (outbox: Outbox, item: Pending, nowMs: number, jitter: number): Stepped =>
  change({ ...outbox, here: [...outbox.here, item.id] }, { do: "add", item }, nowMs, jitter);

/** The log (or a Summary) carries the id: it is stored, whatever was refused before. */
export function tick(outbox: Outbox, id: string, nowMs: number, jitter: number): Stepped {
  const here = outbox.here.includes(id) ? outbox.here.filter((each) => each !== id) : outbox.here;
  if (!outbox.items.some((item) => item.id === id))
    return { outbox: here === outbox.here ? outbox : { ...outbox, here }, publish: null, changes: [] };
  return change({ ...outbox, here }, { do: "drop", id }, nowMs, jitter);
}

/** So long a refused message is waited for unseen; beyond it, as with a quota of a day, a person is told and decides. */
const PATIENCE_MS = 60_000;

export function refuse(outbox: Outbox, refusal: Refusal, nowMs: number, jitter: number): Stepped {
  const item = outbox.items.find((each) => each.id === refusal.id);
  if (!item || item.failed) return { outbox, publish: null, changes: [] };
  if (refusal.retryMs === null || refusal.retryMs > PATIENCE_MS)
    return change(
      outbox,
      { do: "fail", id: item.id, failure: { why: refusal.why, text: refusal.text } },
      nowMs,
      jitter,
    );
  if (outbox.flight?.id !== item.id) return { outbox, publish: null, changes: [] };
  return settle({ ...outbox, flight: { ...outbox.flight, dueMs: nowMs + refusal.retryMs } }, nowMs, jitter);
}

export function retry(outbox: Outbox, id: string, nowMs: number, jitter: number): Stepped {
  const here = outbox.here.includes(id) ? outbox.here : [...outbox.here, id];
  return change({ ...outbox, here }, { do: "retry", id }, nowMs, jitter);
}

/** The file is with the server: the message that names it goes out at once. */
export function uploaded(outbox: Outbox, id: string, file: File, nowMs: number, jitter: number): Stepped {
  const flight = outbox.flight?.id === id ? { ...outbox.flight, tries: 0, dueMs: nowMs } : outbox.flight;
  return change({ ...outbox, flight }, { do: "uploaded", id, file }, nowMs, jitter);
}

export const discard = (outbox: Outbox, id: string, nowMs: number, jitter: number): Stepped =>
  change(outbox, { do: "drop", id }, nowMs, jitter);

/** Takes the list as the store now has it, without what the log is known to carry. */
export function takeList(outbox: Outbox, items: readonly Pending[], nowMs: number, jitter: number): Stepped {
  return settle({ ...outbox, items }, nowMs, jitter);
}

export function goOnline(outbox: Outbox, nowMs: number, jitter: number): Stepped {
  const head = headOf(outbox);
  const flight =
    outbox.flight && head && outbox.flight.id === head.id
      ? { ...outbox.flight, tries: 0, publishedMs: null, dueMs: firstDueMs(outbox, head, nowMs) }
      : null;
  return settle({ ...outbox, flight, online: true }, nowMs, jitter);
}

/** The bridge is back (a new `roll`): what was published while it was away may have been for nobody. */
export function goRolled(outbox: Outbox, nowMs: number, jitter: number): Stepped {
  const { flight } = outbox;
  if (flight === null || flight.publishedMs === null) return { outbox, publish: null, changes: [] };
  return settle({ ...outbox, flight: { ...flight, tries: 0, dueMs: nowMs } }, nowMs, jitter);
}

/** The line is gone. `closed`: the other end closed it, which may be its answer to what was just published. */
export function goOffline(outbox: Outbox, closed: boolean, nowMs: number, jitter: number): Stepped {
  const down = { ...outbox, online: false };
  const { flight } = down;
  if (!flight) return { outbox: down, publish: null, changes: [] };
  const blamed = closed && flight.publishedMs !== null && nowMs - flight.publishedMs < SILENCE_MS;
  const closes = blamed ? flight.closes + 1 : flight.closes;
  if (closes >= CLOSES) {
    const failure = { why: "closed", text: "The connection was closed each time this was sent." };
    return change(down, { do: "fail", id: flight.id, failure }, nowMs, jitter);
  }
  return { outbox: { ...down, flight: { ...flight, closes, publishedMs: null } }, publish: null, changes: [] };
}

export const onTick = settle;

/** When the outbox next wants a tick; null while it waits for something else. */
export function outboxWakesMs(outbox: Outbox): number | null {
  return outbox.online && outbox.flight ? outbox.flight.dueMs : null;
}
