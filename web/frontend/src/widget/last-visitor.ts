/** What the chat stores for the launcher of the next page, and what the launcher does with it. */

import { readLocal, writeLocal } from "../link/outbox-journal.ts";

export const USED_KEY = "wattline/used";
export const GUEST_KEY = "wattline/guest";
/** Whom this browser notifies while no page is open (link/push.ts). */
export const PUSHED = "wattline/push/chat";

/** The last person who used the chat in this browser. */
export interface LastVisitor {
  readonly id: string;
  /** The bearer of the unread count. */
  readonly key: string;
  readonly unread: number;
  /** Messages are unsent: the chat loads without a click. */
  readonly due: boolean;
}

/** Remember that the chat was used, before it is known by whom. */
export function noteUse(): void {
  if (readLocal(USED_KEY) === null) writeLocal(USED_KEY, "1");
}

/** Remember the state of a person who used the chat; without a key only that messages are unsent. */
export function remember({ key, ...rest }: Omit<LastVisitor, "key"> & { readonly key: string | null }): void {
  const before = readLocal(USED_KEY);
  const now = key !== null ? JSON.stringify({ ...rest, key }) : rest.due ? "1" : before;
  if (before !== null && now !== before) writeLocal(USED_KEY, now);
}

/** Store the server's count for the next page, if it is about the same person. */
export function recount(id: string, unread: number): void {
  const known = lastVisitorIn(readLocal(USED_KEY));
  if (known.id === id && known.unread !== unread) writeLocal(USED_KEY, JSON.stringify({ ...known, unread }));
}

/** Return the stored visitor; empty for a malformed or older entry. */
export function lastVisitorIn(kept: string | null): Partial<LastVisitor> {
  try {
    return JSON.parse(kept ?? "{}") ?? {};
  } catch {
    return {};
  }
}

/**
 * Return what to do before the first click: null when nobody used the chat here; whom to ask for, when unchanged;
 * "load" when another person was here or messages are unsent.
 */
export function beforeClick(identity: string | null): LastVisitor | "load" | null {
  const used = readLocal(USED_KEY);
  if (used === null) return null;
  const known = lastVisitorIn(used);
  const guest = lastVisitorIn(readLocal(GUEST_KEY)).id;
  const same = known.id && known.id === (identity ? subjectOf(identity) : guest);
  // A signed-in user's guest remains until its messages are sent.
  return same && !known.due && !(identity && guest) ? (known as LastVisitor) : "load";
}

/** Return the user whom the page names: the identity is the bearer of the count too. Null for a guest. */
export function namedIn(identity: string | null): Pick<LastVisitor, "id" | "key"> | null {
  const id = identity && subjectOf(identity);
  return id ? { id, key: identity } : null;
}

/** Return the claims of an identity, unverified: only to open its cache and to greet. */
export function claimsIn(jwt: string): { readonly sub?: unknown; readonly name?: unknown } | null {
  try {
    const [, claims = ""] = jwt.split(".");
    const bytes = Uint8Array.from(atob(claims.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

/** Return the client id in an identity, unverified. */
export function subjectOf(jwt: string): string | null {
  const sub = claimsIn(jwt)?.sub;
  return typeof sub === "string" ? sub : null;
}
