/** Messages sent before sign-in (a new guest who is offline): stored, shown, and sent after it. */

import { type ReadonlySignal, signal } from "@preact/signals";
import { newConversation, reduce } from "../core/conversation.ts";
import { type ConversationView, viewOf } from "../core/view.ts";
import { dayOf } from "../link/environment.ts";
import { readLocal, writeLocal } from "../link/outbox-journal.ts";

interface Word {
  readonly text: string;
  readonly at: number;
}
export type EarlyMessages = ReturnType<typeof keepEarlyMessages>;

const KEY = "wattline/early";

export function keepEarlyMessages(now: () => number) {
  let words = load();
  const view = signal(viewOfWords(words));
  const change = (next: readonly Word[]): void => {
    words = next;
    writeLocal(KEY, next.length > 0 ? JSON.stringify(next) : null);
    view.value = viewOfWords(next);
  };
  return {
    view: view as ReadonlySignal<ConversationView>,
    say: (text: string): void => change([...words, { text, at: now() }]),
    /** Returns the texts and forgets them. */
    take(): readonly string[] {
      const texts = words.map(({ text }) => text);
      if (texts.length > 0) change([]);
      return texts;
    },
  };
}

function load(): readonly Word[] {
  try {
    const words: unknown = JSON.parse(readLocal(KEY) ?? "[]");
    const isWord = (word: Partial<Word> | null): boolean =>
      typeof word?.text === "string" && typeof word.at === "number";
    return Array.isArray(words) ? words.filter(isWord) : [];
  } catch {
    return [];
  }
}

/** Return an offline conversation with these messages in its outbox. */
function viewOfWords(words: readonly Word[]): ConversationView {
  const said = words.map(({ text, at }, place) => ({ id: `early-${place}`, kind: "text" as const, text, sent: at }));
  const state = said.reduce(
    (so, each) => reduce(so, { type: "say", said: each, nowMs: each.sent }).state,
    newConversation("", ""),
  );
  return viewOf(state, { nowMs: 0, dayOf });
}
