/**
 * Unsent messages written at once to localStorage, in the order of writing (by a count, not a clock). A closing page
 * aborts its database transactions, and no message on screen may be lost with them.
 */

import { applyChange, type Change, type Pending } from "../core/outbox.ts";

const folder = (me: string): string => `wattline/note/${me}/`;

/** Return what is not in the database yet, of all tabs. */
export function notesOf(me: string): readonly Pending[] {
  return namesOf(me).flatMap((name) => JSON.parse(readLocal(name) ?? "[]") as Pending);
}

export function note(me: string, change: Change): void {
  if (change.do === "add") write(me, change.item);
  if (change.do === "drop") strike(me, change.id);
}

export function strike(me: string, id: string): void {
  for (const name of namesOf(me)) if (name.endsWith(`/${id}`)) writeLocal(name, null);
}

/** Apply a change to the journal when there is no database. */
export function changeNotes(me: string, change: Change): readonly Pending[] {
  const list = applyChange(notesOf(me), change);
  const id = change.do === "add" ? change.item.id : change.id;
  const item = list.find((each) => each.id === id);
  if (!item || change.do === "retry") strike(me, id); // a retry moves to the end
  if (item) write(me, item);
  return list;
}

/** Call when another tab writes to the journal; return how to stop it. */
export function onNote(me: string, run: () => void): () => void {
  const heard = ({ key, newValue }: StorageEvent): void => {
    if (newValue !== null && key?.startsWith(folder(me))) run();
  };
  globalThis.addEventListener?.("storage", heard);
  return () => globalThis.removeEventListener?.("storage", heard);
}

export function canNote(): boolean {
  const key = "wattline/try";
  writeLocal(key, "1");
  const can = readLocal(key) !== null;
  writeLocal(key, null);
  return can;
}

type StorageKind = "localStorage" | "sessionStorage";

/** Read local or session storage; null when the browser forbids it. */
export function readLocal(key: string, kind: StorageKind = "localStorage"): string | null {
  try {
    return globalThis[kind].getItem(key);
  } catch {
    return null;
  }
}

export function writeLocal(key: string, value: string | null, kind: StorageKind = "localStorage"): void {
  try {
    if (value === null) globalThis[kind].removeItem(key);
    else globalThis[kind].setItem(key, value);
  } catch {
    // Forbidden or full: the page works without it.
  }
}

const countIn = (name: string): number => Number.parseInt(name.split("/")[3] ?? "", 10) || 0;

function write(me: string, item: Pending): void {
  const names = namesOf(me);
  const next = `${folder(me)}${countIn(names.at(-1) ?? "") + 1}/${item.id}`;
  writeLocal(names.find((name) => name.endsWith(`/${item.id}`)) ?? next, JSON.stringify(item));
}

const namesOf = (me: string): string[] =>
  namesIn("localStorage", folder(me)).sort((one, other) => countIn(one) - countIn(other));

export function namesIn(kind: StorageKind, prefix: string): string[] {
  try {
    return Object.keys(globalThis[kind]).filter((name) => name.startsWith(prefix));
  } catch {
    return []; // forbidden
  }
}
