/**
 * What is typed and not sent. A draft is its tab's own while the tab lives, through reloads too; a tab that ends leaves it
 * to the next one that looks.
 */

import { namesIn, readLocal, writeLocal } from "./outbox-journal.ts";

/** This tab's, by name. */
const held = new Map<string, string>();
const folder = (me: string): string => `wattline/draft/${me}/`;

globalThis.addEventListener?.("pagehide", () => {
  for (const [name, text] of held) if (text) writeLocal(name, text);
});

export function readDraft(me: string, key: string): string {
  const name = folder(me) + key;
  if (!held.has(name)) {
    const left = readLocal(name);
    const own = readLocal(name, "sessionStorage") ?? left ?? "";
    writeDraft(me, key, own);
    if (own === left) writeLocal(name, null); // taken: no other tab finds it
  }
  return held.get(name) as string;
}

export function writeDraft(me: string, key: string, text: string): void {
  const name = folder(me) + key;
  held.set(name, text);
  writeLocal(name, text || null, "sessionStorage");
}

/** Sign-out: nothing that this person typed stays here. */
export function forgetDrafts(me: string): void {
  for (const kind of ["localStorage", "sessionStorage"] as const)
    for (const name of namesIn(kind, folder(me))) writeLocal(name, null, kind);
  held.clear();
}
