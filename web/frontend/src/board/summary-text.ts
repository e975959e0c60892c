/** What a conversation's summary says in words: the client's name, and the last entry in one line. Pure. */

import type { Episode } from "../link/desk-api.ts";
import { isGuest } from "../protocol/ids.ts";
import { TITLES } from "../protocol/kinds.ts";
import type { Summary } from "../protocol/payloads.ts";
import { boardMessages, type Lang, type Texts } from "../ui/messages.ts";

/** Return what tells a client from others in a list: a client's number; of a visitor's random id the first signs. */
export const clientSign = (client: string): string => (isGuest(client) ? client.slice(2, 6) : client);

/** Return the name from the portal or the visitor; without one what the client is and its sign: "Visitor 7f3a". */
export function clientName(lang: Lang, client: string, name: string | null | undefined): string {
  const t = boardMessages[lang];
  return name ?? `${isGuest(client) ? t.guest : t.client} ${clientSign(client)}`;
}

/** Return what is said below a name: a client's number, or that it is a visitor; null where the name says it. */
export function clientKind(lang: Lang, client: string, shown: string): string | null {
  const unnamed = clientName(lang, client, null);
  if (shown === unnamed) return null;
  return isGuest(client) ? unnamed : client;
}

interface Names {
  readonly config: { readonly me: { readonly id: string; readonly name: string } };
  readonly desk: { readonly names: { readonly value: Readonly<Record<string, string>> } };
}

/** Return the last entry in one line, for a row and for a notification. Args: name: the client's, as it is shown. */
export function lastWords({ client, last }: Summary, board: Names, words: Texts, name: string): string {
  if (!last) return "";
  const { me } = board.config;
  const { from, text = "" } = last;
  const called = (id: string, mine: string): string => (id === me.id ? mine : (board.desk.names.value[id] ?? id));
  const who = from === client ? name : called(from, words.you);
  if (last.kind === "text") return from === client ? text : `${who}: ${text}`;
  const title = TITLES[last.kind as keyof typeof TITLES];
  if (title) return words[title];
  switch (last.kind) {
    case "opened":
    case "erased":
      return words[last.kind];
    case "joined":
    case "resolved":
    case "reopened":
      return words[last.kind](who);
    case "assigned":
      if (!last.to) return words.unassigned(who);
      return last.to === from ? words.assignedSelf(who) : words.assigned(who, called(last.to, me.name));
    default:
      return text;
  }
}

/** Return the client's last words in one line: the text, a file's name, or what it is. Null without any. */
export function questionWords(question: Episode["question"], words: Texts): string | null {
  if (!question) return null;
  const title = TITLES[question.kind as keyof typeof TITLES];
  const what = title ? words[title] : "";
  return [what, question.text].filter(Boolean).join(": ") || null;
}
