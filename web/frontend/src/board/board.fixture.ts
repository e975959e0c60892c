/** What the board's tests share: a summary, a configuration, and a page without a browser. */

import type { Summary } from "../core/inbox.ts";
import type { AgentRow } from "../link/desk-api.ts";
import { ONE_TEAM } from "../link/desk-teams.ts";
import { summaryOf as openSummary } from "../protocol/summary.fixture.ts";
import type { BoardConfig } from "./config.ts";
import type { Outside } from "./state.ts";

export const NOW = 1_700_000_000_000;

export const summaryOf = (client: string, more: Partial<Summary> = {}): Summary =>
  openSummary(client, {
    status: "assigned",
    assignee: "a-ana",
    last: { seq: 1, id: "m", from: client, at: NOW, kind: "text", text: "hello" },
    ...more,
  });

export const API = {
  findClients: async (q: string) => [{ id: "c-77", name: `Found by ${q}`, area: "hill" }],
  search: async () => ({ hits: [], names: {}, cursor: null, words: [] }),
  client: async () => Promise.reject(new Error("away")),
  earlier: async () => ({ episodes: [], names: {}, cursor: null }),
  notes: async () => [],
  agents: async () => [] as AgentRow[],
  faces: async () => ({}),
  usage: async () => ({}),
  settings: async () => Promise.reject(new Error("away")),
  views: async () => ({ own: { rev: 0, views: [] }, desk: { rev: 0, views: [] } }),
  consumption: async () => ({ points: [], last: null }),
};

export const OUTSIDE: Outside = {
  writeDraft: () => undefined,
  readDraft: () => "",
  now: () => NOW,
  isOnePane: () => false,
  signOut: () => undefined,
  speak: () => undefined,
  browser: {
    permission: () => null,
    ask: async () => "default",
    notify: () => undefined,
    beep: () => undefined,
    push: () => undefined,
    watched: () => true,
    write: () => undefined,
    read: () => "",
  },
};

export const CONFIG: BoardConfig = {
  api: "",
  lang: "en",
  tz: undefined,
  teams: undefined,
  me: { id: "a-ana", name: "Ana", shown: "Ana", admin: false },
  isNotified: false,
  targetMs: 300_000,
  company: null,
  isDemo: false,
  logout: "",
  csrf: "",
};

export const TEAMS = { mine: null, areSeveral: false, of: () => ONE_TEAM.teams[0], state: { value: ONE_TEAM } };
