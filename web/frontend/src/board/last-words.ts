/** The last entry of a conversation in one line: a row's second line, and a notification's text. Pure. */

import type { InboxRow } from "../core/inbox.ts";
import { TITLES } from "../protocol/kinds.ts";
import type { Texts } from "../ui/messages.ts";

interface LastVisitor {
  readonly config: { readonly me: { readonly id: string; readonly name: string } };
  readonly desk: { readonly names: { readonly value: Readonly<Record<string, string>> } };
}

/** What a row's second line says of the last entry. `name`: the client's, as it is shown. */
export function lastWords(row: InboxRow, board: LastVisitor, words: Texts, name: string): string {
  const { me } = board.config;
  const called = (id: string, mine: string): string => (id === me.id ? mine : (board.desk.names.value[id] ?? id));
  const who = row.lastFrom === null || row.lastFrom === row.client ? name : called(row.lastFrom, words.you);
  if (row.lastKind === "text") return row.lastFrom === row.client ? row.lastText : `${who}: ${row.lastText}`;
  const title = TITLES[row.lastKind as keyof typeof TITLES];
  if (title) return words[title];
  switch (row.lastKind) {
    case "opened":
      return words.opened;
    case "assigned":
      if (row.lastTo === null) return words.unassigned(who);
      return row.lastTo === row.lastFrom ? words.assignedSelf(who) : words.assigned(who, called(row.lastTo, me.name));
    case "joined":
      return words.joined(who);
    case "resolved":
      return words.resolved(who);
    case "reopened":
      return words.reopened(who);
    case "erased":
      return words.erased;
    default:
      return row.lastText;
  }
}
