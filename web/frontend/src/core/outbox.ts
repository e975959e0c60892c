/**
 * The outbox of one conversation: messages until the log has their id, commands until a Summary's `did` has it. One
 * item is in flight, so the order is kept. The list belongs to the identity and all its tabs; the flight belongs to
 * this tab. Pure: time and jitter are arguments.
 */

import type { File } from "../protocol/kinds.ts";
import type { Command, Refusal, Said } from "../protocol/payloads.ts";

/** An unconfirmed message or command. */
export interface Pending {
  readonly id: string;
  readonly client: string;
  /** When it was written, by the sender's clock. */
  readonly atMs: number;
  readonly said?: Said;
  readonly command?: Command;
  /** Its file is not uploaded yet; the upload goes first, under the message's id. */
  readonly upload?: true;
  /** Why it was not sent. It waits for a person's retry or delete; the next item is sent meanwhile. */
  readonly failed: Failure | null;
}
export interface Failure {
  readonly why: string;
  readonly text: string;
}

/** The first item of the list as this tab sends it. */
interface Flight {
  readonly id: string;
  /** When it is published next. */
  readonly dueMs: number;
  /** How often it was published on this connection. */
  readonly tries: number;
  readonly publishedMs: number | null;
  /** How many connections in a row were closed right after it was published. */
  readonly closes: number;
}

export interface Outbox {
  readonly items: readonly Pending[];
  /** Ids written in this tab, which sends them at once. */
  readonly here: readonly string[];
  readonly flight: Flight | null;
  readonly online: boolean;
}

/** A change of the stored list. It is applied atomically and is safe to repeat. */
export type Change =
  | { readonly do: "add"; readonly item: Pending }
  | { readonly do: "drop"; readonly id: string }
  | { readonly do: "fail"; readonly id: string; readonly failure: Failure }
  | { readonly do: "retry"; readonly id: string }
  | { readonly do: "uploaded"; readonly id: string; readonly file: File };

export interface Stepped {
  readonly outbox: Outbox;
  /** The item to publish now, or to upload when its file is not uploaded yet. */
  readonly publish: Pending | null;
  readonly changes: readonly Change[];
}

/** When something happens. */
export interface Moment {
  /** From a clock that never goes back. */
  readonly nowMs: number;
  /** 0 ≤ jitter < 1; 0 by default. */
  readonly jitter?: number;
}

const SILENCE_MS = 3_000;
export const LONGEST_PAUSE_MS = 60_000;
/** After so many closed connections in a row the item counts as not sent. */
const CLOSES = 3;
export const EMPTY_OUTBOX: Outbox = { items: [], here: [], flight: null, online: false };

/** Apply a change; adding a known item or dropping an unknown one changes nothing. */
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
      // Moved to the end: later items have been sent.
      return item?.failed ? [...list.filter((each) => each !== item), { ...item, failed: null }] : list;
    }
    case "uploaded":
      return list.map((item) => (item.id === change.id && item.said ? withFile(item, item.said, change.file) : item));
  }
}

function withFile({ upload: _, ...item }: Pending, said: Said, file: File): Pending {
  return { ...item, said: { ...said, file } };
}

/** Return the pause after the nth publish: 3 s, doubling up to 60 s, plus up to 25 % jitter. */
export function pauseMs(tries: number, jitter: number): number {
  const pause = Math.min(SILENCE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
  return tries <= 1 ? pause : Math.round(pause * (1 + jitter / 4));
}

const unchanged = (outbox: Outbox): Stepped => ({ outbox, publish: null, changes: [] });
const headOf = (outbox: Outbox): Pending | undefined => outbox.items.find((item) => !item.failed);

/** Put the first item in flight and publish it when it is due. */
function settle(outbox: Outbox, now: Moment, changes: readonly Change[] = []): Stepped {
  const head = headOf(outbox);
  if (!head) return { outbox: outbox.flight ? { ...outbox, flight: null } : outbox, publish: null, changes };
  let flight = outbox.flight;
  if (flight?.id !== head.id)
    flight = { id: head.id, dueMs: firstDueMs(outbox, head, now.nowMs), tries: 0, publishedMs: null, closes: 0 };
  if (!outbox.online || flight.dueMs > now.nowMs) return { outbox: { ...outbox, flight }, publish: null, changes };
  const tries = flight.tries + 1;
  // A connection that stayed open until the resend was not closed because of the publish.
  const closes = flight.publishedMs === null ? flight.closes : 0;
  // An upload cannot be why the broker closes a connection.
  const publishedMs = head.upload ? null : now.nowMs;
  flight = { ...flight, tries, closes, publishedMs, dueMs: now.nowMs + pauseMs(tries, now.jitter ?? 0) };
  return { outbox: { ...outbox, flight }, publish: head, changes };
}

/** At once in the tab where it was written; in other tabs after 3 s without a tick. */
function firstDueMs(outbox: Outbox, head: Pending, nowMs: number): number {
  if (outbox.here.includes(head.id)) return nowMs;
  return Math.min(nowMs + SILENCE_MS, Math.max(nowMs, head.atMs + SILENCE_MS));
}

function change(outbox: Outbox, by: Change, now: Moment): Stepped {
  const items = applyChange(outbox.items, by);
  return settle({ ...outbox, items }, now, [by]);
}

export const write = (outbox: Outbox, item: Pending, now: Moment): Stepped =>
  change({ ...outbox, here: [...outbox.here, item.id] }, { do: "add", item }, now);

/** Drop an item that the log (or a Summary) has, even if it was refused before. */
export function tick(outbox: Outbox, id: string, now: Moment): Stepped {
  const here = outbox.here.includes(id) ? outbox.here.filter((each) => each !== id) : outbox.here;
  if (!outbox.items.some((item) => item.id === id))
    return unchanged(here === outbox.here ? outbox : { ...outbox, here });
  return change({ ...outbox, here }, { do: "drop", id }, now);
}

/** A longer retry time, such as a daily quota, is shown to the person, who decides. */
const PATIENCE_MS = 60_000;

export function refuse(outbox: Outbox, refusal: Refusal, now: Moment): Stepped {
  const item = outbox.items.find((each) => each.id === refusal.id);
  if (!item || item.failed) return unchanged(outbox);
  if (refusal.retryMs === null || refusal.retryMs > PATIENCE_MS) {
    const { why, text } = refusal;
    return change(outbox, { do: "fail", id: item.id, failure: { why, text } }, now);
  }
  if (outbox.flight?.id !== item.id) return unchanged(outbox);
  return settle({ ...outbox, flight: { ...outbox.flight, dueMs: now.nowMs + refusal.retryMs } }, now);
}

export function retry(outbox: Outbox, id: string, now: Moment): Stepped {
  const here = outbox.here.includes(id) ? outbox.here : [...outbox.here, id];
  return change({ ...outbox, here }, { do: "retry", id }, now);
}

/** The file is uploaded: publish its message at once. */
export function uploaded(outbox: Outbox, id: string, file: File, now: Moment): Stepped {
  const flight = outbox.flight?.id === id ? { ...outbox.flight, tries: 0, dueMs: now.nowMs } : outbox.flight;
  return change({ ...outbox, flight }, { do: "uploaded", id, file }, now);
}

export const discard = (outbox: Outbox, id: string, now: Moment): Stepped => change(outbox, { do: "drop", id }, now);

/** Take the stored list, without the items that the log has. */
export const takeList = (outbox: Outbox, items: readonly Pending[], now: Moment): Stepped =>
  settle({ ...outbox, items }, now);

export function goOnline(outbox: Outbox, now: Moment): Stepped {
  const head = headOf(outbox);
  const flight =
    outbox.flight && head && outbox.flight.id === head.id
      ? { ...outbox.flight, tries: 0, publishedMs: null, dueMs: firstDueMs(outbox, head, now.nowMs) }
      : null;
  return settle({ ...outbox, flight, online: true }, now);
}

/** The bridge restarted (a new `roll`): publish again what it may have missed. */
export function goRolled(outbox: Outbox, now: Moment): Stepped {
  const { flight } = outbox;
  if (flight === null || flight.publishedMs === null) return unchanged(outbox);
  return settle({ ...outbox, flight: { ...flight, tries: 0, dueMs: now.nowMs } }, now);
}

/** The connection ended. `closed`: the broker closed it, maybe because of the last publish. */
export function goOffline(outbox: Outbox, closed: boolean, now: Moment): Stepped {
  const down = { ...outbox, online: false };
  const { flight } = down;
  if (!flight) return unchanged(down);
  const blamed = closed && flight.publishedMs !== null && now.nowMs - flight.publishedMs < SILENCE_MS;
  const closes = blamed ? flight.closes + 1 : flight.closes;
  if (closes >= CLOSES) {
    const failure = { why: "closed", text: "The connection was closed each time this was sent." };
    return change(down, { do: "fail", id: flight.id, failure }, now);
  }
  return unchanged({ ...down, flight: { ...flight, closes, publishedMs: null } });
}

export const onTick = settle;

/** Return when the outbox needs the next tick; null for never. */
export function outboxWakesMs(outbox: Outbox): number | null {
  return outbox.online && outbox.flight ? outbox.flight.dueMs : null;
}
