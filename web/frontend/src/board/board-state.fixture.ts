/** A board without a page, at a desk that keeps what it is told. */

import { signal } from "@preact/signals";
import { EMPTY_INBOX, reduceInbox, type Summary } from "../core/inbox.ts";
import type { CommandState } from "../link/desk-commands.ts";
import type { Desk } from "../link/desk-link.ts";
import { API, CONFIG, NOW, OUTSIDE, TEAMS } from "./board.fixture.ts";
import { Board, type Outside } from "./state.ts";

const replyDrafts = new Map<string, string>();
const noteDrafts = new Map<string, string>();
export let orders: unknown[] = [];
export let later: unknown[] = [];
export let undone: string[] = [];
export let said: string[] = [];
export let asked: string[] = [];
export let shown: string | null = null;
/** The state of the commands that are sent from now on. */
export let commandState = signal<CommandState>("sending");
/** Give later commands a state of their own. */
export function renewCommandState(state: CommandState): void {
  commandState = signal<CommandState>(state);
}
export const conversation = (client: string) => ({
  client,
  view: signal({ items: [] }),
  get draft() {
    return replyDrafts.get(client) ?? "";
  },
  setDraft: (text: string) => replyDrafts.set(client, text),
  composing: () => undefined,
  say: (text: string) => said.push(text),
  discard: () => "taken back",
});

export function board(summaries: Summary[], teams: object = TEAMS): Board {
  const inbox = signal(reduceInbox(EMPTY_INBOX, { type: "snapshot", summaries, names: { "a-radu": "Radu" } }));
  const conversations = new Map<string, unknown>();
  const desk = {
    inbox,
    connection: signal({ state: "live", sinceMs: 0, reason: null }),
    names: signal({}),
    left: signal(null),
    described: signal(null),
    teams,
    agents: signal({}),
    setShown: (client: string | null) => {
      shown = client;
    },
    open: (client: string) => {
      if (!conversations.has(client)) conversations.set(client, conversation(client));
      return conversations.get(client);
    },
    commands: {
      send: (_: string, body: unknown) => {
        orders.push(body);
        return "id";
      },
      later: (_: string, body: unknown) => {
        later.push(body);
        return "later";
      },
      undo: (client: string, id: string) => {
        undone.push(`${client}/${id}`);
        return "cancel";
      },
      state: () => commandState,
    },
    rows: {
      find: async () => null,
    },
    api: {
      ...API,
      notes: async (client: string) => {
        asked.push(client);
        return [{ id: "n", agent: "a-radu", text: "note", at: NOW }];
      },
    },
    notices: { outages: signal({}) },
  } as unknown as Desk;
  const outside: Outside = {
    ...OUTSIDE,
    writeDraft: (key, text) => noteDrafts.set(key, text),
    readDraft: (key) => noteDrafts.get(key) ?? "",
  };
  return new Board(desk, CONFIG, outside);
}

/** Forget what an earlier test wrote and ordered. */
export function forget(): void {
  replyDrafts.clear();
  noteDrafts.clear();
  [orders, later, undone, said, asked] = [[], [], [], [], []];
  renewCommandState("sending");
}
