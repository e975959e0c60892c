/** A stand-in for the desk's link: data for the scenes, without a server. */

import { signal } from "@preact/signals";
import type { BoardConfig } from "../board/config.ts";
import { isOnePane } from "../board/focus.ts";
import type { Outside } from "../board/state.ts";
import type { ConversationView } from "../core/view.ts";
import type { ConnectionState } from "../link/connection-state.ts";
import type { Api } from "../link/desk-api.ts";
import type { CommandState } from "../link/desk-commands.ts";
import type { Desk } from "../link/desk-link.ts";
import type { NoticeState } from "../link/desk-notices.ts";
import { ONE_TEAM } from "../link/desk-teams.ts";
import type { LiveConversation } from "../link/live-conversation.ts";
import type { Outage, Summary } from "../protocol/payloads.ts";
import type { Lang } from "../ui/messages.ts";
import {
  inboxOf,
  MINUTE,
  maria,
  NOW,
  names,
  type SampleConversation,
  summaries,
  viewOfConversation,
} from "./people.ts";
import { API } from "./sample-api.ts";
import { OUTBOUND } from "./samples.ts";

export interface SampleDesk {
  readonly connection?: ConnectionState["state"];
  /** Null: not loaded yet. */
  readonly rows?: readonly Summary[] | null;
  readonly told?: SampleConversation;
  readonly conversation?: Partial<ConversationView>;
  readonly draft?: string;
  readonly api?: Partial<Api>;
  readonly order?: CommandState;
  readonly notice?: NoticeState;
  readonly outages?: Readonly<Record<string, Outage>>;
  readonly permission?: NotificationPermission | null;
  readonly admin?: boolean;
  /** A colleague is in the same conversation. */
  readonly colleague?: "looking" | "typing";
}

const never = (): Promise<never> => new Promise(() => undefined);
export const away = (): Promise<never> => Promise.reject(Object.assign(new Error("away"), { status: 0 }));
export const refuse = (status: number, code: string, text: string) => (): Promise<never> =>
  Promise.reject(Object.assign(new Error(text), { status, code }));
export const waits = never;

const nothing = (): void => undefined;

function conversationOf(client: string, options: SampleDesk): LiveConversation {
  const isMaria = client === "c-42";
  const typing = [
    ...(isMaria && !options.told ? [{ sender: client, name: "Maria" }] : []),
    ...(options.colleague === "typing" ? [{ sender: "a-radu", name: "Radu" }] : []),
  ];
  const hello = { me: "a-ana", client, heard: [{ from: client, kind: "text" as const, text: "Hello" }] };
  const view = viewOfConversation(isMaria ? { ...maria, ...options.told } : hello);
  let draft = isMaria ? (options.draft ?? "") : "";
  return {
    client,
    view: signal<ConversationView>({ ...view, typing, ...options.conversation }),
    state: { markers: { [client]: { delivered: view.last, read: view.last - 2 } } },
    uploads: { shares: signal({}) },
    say: nothing,
    attach: async () => true,
    composing: nothing,
    setVisible: nothing,
    retry: nothing,
    discard: () => null,
    older: nothing,
    get draft() {
      return draft;
    },
    setDraft: (text: string) => {
      draft = text;
    },
  } as unknown as LiveConversation;
}

export function deskWith(options: SampleDesk): Desk {
  const conversations = new Map<string, LiveConversation>();
  const order = signal<CommandState>(options.order ?? "done");
  return {
    connection: signal<ConnectionState>({
      state: options.connection ?? "live",
      sinceMs: 0,
      reason: options.connection === "refused" ? "signed_out" : null,
    }),
    inbox: signal(inboxOf(options.rows === undefined ? summaries : options.rows)),
    names: signal(names),
    desk: signal(null),
    left: signal(null),
    described: signal(null),
    teams: { mine: null, areSeveral: false, of: () => ONE_TEAM.teams[0], state: signal(ONE_TEAM) },
    agents: signal({ "a-radu": { state: "online", viewing: options.colleague ? ["c-42"] : [] } }),
    notices: {
      outages: signal(options.outages ?? {}),
      order: () => "n",
      state: () => signal<NoticeState>(options.notice ?? { state: "resting" }),
    },
    api: { ...API, ...options.api },
    rest: { get: async (path: string) => OUTBOUND[path.split("?")[0] ?? ""] },
    open: (client: string) => {
      const conversation = conversations.get(client) ?? conversationOf(client, options);
      conversations.set(client, conversation);
      return conversation;
    },
    show: nothing,
    setShown: nothing,
    commands: { send: () => "x", later: () => "x", undo: () => "x", state: () => order },
    setPresence: nothing,
    setViewing: nothing,
    reading: () => signal({ meter: "m-1", at: NOW - 4_000, w: 420 }),
    rows: { find: async () => null, more: async () => undefined },
  } as unknown as Desk;
}

export const configFor = (lang: Lang, admin = true): BoardConfig => ({
  api: "",
  lang,
  teams: undefined,
  tz: undefined,
  me: { id: "a-ana", name: "Ana", shown: "Ana", admin },
  isNotified: false,
  targetMs: 10 * MINUTE,
  company: null,
  isDemo: true,
  logout: "/logout",
  csrf: "",
});

export const outsideFor = (options: SampleDesk): Outside => ({
  writeDraft: nothing,
  readDraft: () => "",
  now: () => NOW,
  isOnePane,
  signOut: nothing,
  speak: nothing,
  browser: {
    permission: () => (options.permission === undefined ? "default" : options.permission),
    ask: async () => "granted",
    notify: nothing,
    beep: nothing,
    push: nothing,
    watched: () => true,
    write: nothing,
    read: (key) => (key === "wl-notify" && options.permission === "granted" ? "on" : ""),
  },
});
