/** The board's tests of its pages share a board that is drawn, and keep what it orders. */

import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, vi } from "vitest";
import { EMPTY_INBOX, reduceInbox } from "../core/inbox.ts";
import type { ConversationView } from "../core/view.ts";
import type { CommandState } from "../link/desk-commands.ts";
import type { Desk } from "../link/desk-link.ts";
import type { Connection } from "../ui/connection-bar.tsx";
import { App } from "./app.tsx";
import { API, CONFIG, NOW, OUTSIDE, summaryOf, TEAMS } from "./board.fixture.ts";
import { Board } from "./state.ts";

export let orders: unknown[] = [];
export let said: string[] = [];
export let undone: string[] = [];
/** How often the connection was tried at once. */
export let tries = 0;
export let board: Board;
/** The server that does not answer. */
export const page = vi.fn(() => new Promise(() => undefined));

function fakeDesk(state: Connection["state"]): Desk {
  const conversations = new Map<string, unknown>();
  const conversation = (client: string) => ({
    client,
    view: signal<ConversationView>({
      client,
      items: [],
      typing: [],
      unread: 0,
      firstUnreadKey: null,
      hasOlder: false,
      loading: false,
      empty: true,
      pending: 0,
      keptInMemoryOnly: false,
      last: 1,
    }),
    draft: "",
    setDraft: () => undefined,
    composing: () => undefined,
    setVisible: () => undefined,
    state: { markers: {} },
    uploads: { shares: signal({}) },
    say: (text: string) => said.push(`${client}: ${text}`),
  });
  const summaries = [
    summaryOf("c-1", { online: true, name: "Maria Pop", waiting: NOW - 900_000, unread: 2 }),
    summaryOf("c-2", { online: true, name: "Ion Dumitru", waiting: NOW - 60_000 }),
    summaryOf("c-3", { online: true, name: "Elena Lazăr", assignee: null, status: "open" }),
  ];
  return {
    connection: signal({ state, sinceMs: NOW, reason: null }),
    inbox: signal(reduceInbox(EMPTY_INBOX, { type: "snapshot", summaries, names: {} })),
    names: signal({ "a-ana": "Ana", "a-radu": "Radu" }),
    teams: TEAMS,
    left: signal(null),
    described: signal(null),
    agents: signal({ "a-radu": { state: "online", viewing: ["c-1"] } }),
    setShown: () => undefined,
    open: (client: string) => {
      if (!conversations.has(client)) conversations.set(client, conversation(client));
      return conversations.get(client);
    },
    commands: {
      send: (client: string, body: unknown) => {
        orders.push([client, body]);
        return "id";
      },
      later: (client: string, body: unknown) => {
        orders.push([client, body]);
        return "id";
      },
      undo: (client: string) => {
        undone.push(client);
        return "id";
      },
      state: () => signal<CommandState>("done"),
    },
    reading: () => signal(null),
    tryNow: () => {
      tries += 1;
    },
    setViewing: () => undefined,
    setPresence: () => undefined,
    show: () => undefined,
    rows: { find: async () => null, page },
    api: API,
    notices: { outages: signal({}) },
  } as unknown as Desk;
}
/** Everything that Preact does between one key and the next. */
export const drawn = async (): Promise<void> => {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
};
/** Effects wait for a frame: the title is theirs. */
const settled = (): Promise<void> => vi.waitFor(() => expect(document.title).toBe("(2) Board · Wattline"));

export async function press(key: string): Promise<void> {
  (document.activeElement ?? document.body).dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
  );
  await drawn();
}
export const field = (): HTMLTextAreaElement | null => document.querySelector("textarea");

/** Draw the board on an empty page. Return what ends it. */
export const mount = (): Promise<() => void> => mountWhen("live");

/** Draw it with the connection in this state. */
export async function mountWhen(state: Connection["state"]): Promise<() => void> {
  [orders, said, undone] = [[], [], []];
  document.body.innerHTML = '<div id="board"></div>';
  document.title = "Board · Wattline";
  history.replaceState(null, "", "#/");
  const root = document.getElementById("board") as HTMLElement;
  board = new Board(fakeDesk(state), CONFIG, OUTSIDE);
  render(<App board={board} />, root);
  await settled();
  return () => render(null, root);
}
