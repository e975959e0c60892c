/** What a conversation's summary says in words: the client's name, and the last entry in one line. Pure. */

import type { InboxRow } from "../core/inbox.ts";
import { isGuest } from "../protocol/ids.ts";
import { TITLES } from "../protocol/kinds.ts";
import type { LastWords } from "../protocol/payloads.ts";
import { boardMessages, type Lang, type Texts } from "../ui/messages.ts";

/** Return the name from the portal or the visitor; without one "Visitor" or "Client". */
export function clientName(lang: Lang, client: string, name: string | null | undefined): string {
  const t = boardMessages[lang];
  return name ?? (isGuest(client) ? t.guest : t.client);
}

interface Names {
  readonly config: { readonly me: { readonly id: string; readonly name: string } };
  readonly desk: { readonly names: { readonly value: Readonly<Record<string, string>> } };
}

/** Return the last entry in one line, for a row and for a notification. Args: name: the client's, as it is shown. */
export function lastWords(row: InboxRow, board: Names, words: Texts, name: string): string {
  const { me } = board.config;
  const called = (id: string, mine: string): string => (id === me.id ? mine : (board.desk.names.value[id] ?? id));
  const who = row.lastFrom === null || row.lastFrom === row.client ? name : called(row.lastFrom, words.you);
  if (row.lastKind === "text") return row.lastFrom === row.client ? row.lastText : `${who}: ${row.lastText}`;
  const title = TITLES[row.lastKind as keyof typeof TITLES];
  if (title) return words[title];
  switch (row.lastKind) {
    case "opened":
    case "erased":
      return words[row.lastKind];
    case "joined":
    case "resolved":
    case "reopened":
      return words[row.lastKind](who);
    case "assigned":
      if (row.lastTo === null) return words.unassigned(who);
      return row.lastTo === row.lastFrom ? words.assignedSelf(who) : words.assigned(who, called(row.lastTo, me.name));
    default:
      return row.lastText;
  }
}

/** Return the client's last words in one line: the text, a file's name, or what it is. Null without any. */
export function questionWords(question: LastWords | null, words: Texts): string | null {
  if (!question) return null;
  const title = TITLES[question.kind as keyof typeof TITLES];
  const what = question.kind !== "text" && title ? words[title] : "";
  return [what, question.text].filter(Boolean).join(": ") || null;
}
