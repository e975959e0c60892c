/** What the chat leaves in the host's storage for the button of the next page, and what that does with it unasked. */

import { readLocal, writeLocal } from "../link/outbox-journal.ts";

export const USED_KEY = "wattline/used";
export const GUEST_KEY = "wattline/guest";

/** Who used the chat here last. */
export interface LastVisitor {
  readonly id: string;
  /** Asks how many answers are unread. */
  readonly key: string;
  readonly unread: number;
  /** Words wait to be sent: they go without a click. */
  readonly due: boolean;
}

/** Whoever this is has used the chat here: to be remembered at once, before it is known who. */
export function noteUse(): void {
  if (readLocal(USED_KEY) === null) writeLocal(USED_KEY, "1");
}

/** Remembers how it stands with somebody who used the chat; without a key only that words wait. */
export function remember({ key, ...rest }: Omit<LastVisitor, "key"> & { readonly key: string | null }): void {
  const before = readLocal(USED_KEY);
  const now = key !== null ? JSON.stringify({ ...rest, key }) : rest.due ? "1" : before;
  if (before !== null && now !== before) writeLocal(USED_KEY, now);
}

/** What the server counted is what the next page begins with, where it is still about the same one. */
export function recount(id: string, unread: number): void {
  const known = lastVisitorIn(readLocal(USED_KEY));
  if (known.id === id && known.unread !== unread) writeLocal(USED_KEY, JSON.stringify({ ...known, unread }));
}

/** Whom a kept entry knows; of an early one, a broken one or none nothing. */
export function lastVisitorIn(kept: string | null): Partial<LastVisitor> {
  try {
    return JSON.parse(kept ?? "{}") ?? {};
  } catch {
    return {};
  }
}

/**
 * Before the first click: null where nobody used the chat here; whom to ask for, when it is still the same one; the chat
 * itself ("load") where it has something to settle: somebody else was here, or words wait to be sent.
 */
export function beforeClick(identity: string | null): LastVisitor | "load" | null {
  const used = readLocal(USED_KEY);
  if (used === null) return null;
  const known = lastVisitorIn(used);
  const guest = lastVisitorIn(readLocal(GUEST_KEY)).id;
  const same = known.id !== undefined && known.id === (identity ? subjectOf(identity) : guest);
  // The guest that a signed-in user was is kept until their words are sent.
  return same && !known.due && !(identity && guest) ? (known as LastVisitor) : "load";
}

/** The client id that an identity claims; unverified, and good for nothing but opening what is kept under it. */
export function subjectOf(jwt: string): string | null {
  try {
    const [, claims = ""] = jwt.split(".");
    // Bytes read as letters garble a name, and no id.
    const { sub } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
    return typeof sub === "string" ? sub : null;
  } catch {
    return null;
  }
}
