/** Words sent before it is known who sends them (a new guest without a connection): kept, drawn, said when it is. */

import { signal, type ReadonlySignal } from "@preact/signals";
import type { ConversationView, Item } from "../core/view.ts";
import { readLocal, writeLocal } from "../link/store.ts";
import { dayOf } from "../link/world.ts";

interface Word {
  readonly text: string;
  readonly at: number;
}
export interface Early {
  readonly view: ReadonlySignal<ConversationView>;
  say(text: string): void;
  /** What was said so far, which is then somebody else's to keep. */
  take(): readonly string[];
}

const KEY = "wattline/early";

export function keepEarly(now: () => number): Early {
  const view = signal(viewOf(load()));
  let words = load();
  const change = (next: readonly Word[]): void => {
    words = next;
    writeLocal(KEY, next.length > 0 ? JSON.stringify(next) : null);
    view.value = viewOf(next);
  };
  return {
    view,
    say: (text) => change([...words, { text, at: now() }]),
    take() {
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

const viewOf = (words: readonly Word[]): ConversationView => ({
  client: "",
  items: words.map(itemOf),
  typing: [],
  unread: 0,
  firstUnreadKey: null,
  hasOlder: false,
  loading: words.length === 0,
  empty: false,
  pending: words.length,
  keptInMemoryOnly: false,
  last: 0,
});

function itemOf({ text, at }: Word, place: number, words: readonly Word[]): Item {
  const day = dayOf(at);
  const before = words[place - 1];
  return {
    key: `early/${place}`,
    id: `early-${place}`,
    seq: null,
    sender: "",
    name: null,
    mine: true,
    side: "client",
    kind: "text",
    text,
    at,
    day,
    firstOfDay: before === undefined || dayOf(before.at) !== day,
    firstOfGroup: true,
    lastOfGroup: true,
    tick: "sending",
    seenAt: null,
    refusal: null,
    edited: false,
    deleted: false,
    firstUnread: false,
    body: { id: `early-${place}`, kind: "text", text, sent: at },
  };
}
