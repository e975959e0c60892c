/** Drafts. A draft belongs to its tab while the tab lives, through reloads; a closed tab leaves it to the next one. */

import { namesIn, readLocal, writeLocal } from "./outbox-journal.ts";

/** This tab's drafts. */
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
    if (own === left) writeLocal(name, null); // taken, so that no other tab finds it
  }
  return held.get(name) as string;
}

export function writeDraft(me: string, key: string, text: string): void {
  const name = folder(me) + key;
  held.set(name, text);
  writeLocal(name, text || null, "sessionStorage");
}

/** Delete all drafts of this person, at sign-out. */
export function forgetDrafts(me: string): void {
  for (const kind of ["localStorage", "sessionStorage"] as const)
    for (const name of namesIn(kind, folder(me))) writeLocal(name, null, kind);
  held.clear();
}
