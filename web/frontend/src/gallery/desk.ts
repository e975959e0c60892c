/** A stand-in for the desk's link: data for the scenes, without a server. */

import { signal } from "@preact/signals";
import type { BoardConfig } from "../board/config.ts";
import { isOnePane } from "../board/focus.ts";
import type { Outside } from "../board/state.ts";
import type { ConversationView } from "../core/view.ts";
import type { ConnectionState } from "../link/connection-state.ts";
import type { Api, Incident, Reach, Report, Settings } from "../link/desk-api.ts";
import type { CommandState } from "../link/desk-commands.ts";
import type { Desk } from "../link/desk-link.ts";
import type { NoticeState } from "../link/desk-notices.ts";
import { ONE_TEAM } from "../link/desk-teams.ts";
import type { LiveConversation } from "../link/live-conversation.ts";
import type { Outage, Summary } from "../protocol/payloads.ts";
import type { Lang } from "../ui/messages.ts";
import {
  DAY,
  inboxOf,
  MINUTE,
  maria,
  NOW,
  names,
  type SampleConversation,
  summaries,
  viewOfConversation,
} from "./people.ts";
import defaults from "./settings.gen.json" with { type: "json" };

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

const SETTINGS: Settings = {
  ...(defaults as unknown as Settings),
  hours: {
    rev: 1,
    value: {
      week: {
        mon: [["09:00", "17:00"]],
        tue: [["09:00", "17:00"]],
        wed: [
          ["09:00", "12:30"],
          ["13:30", "17:00"],
        ],
        thu: [["09:00", "17:00"]],
        fri: [["09:00", "16:00"]],
        sat: [],
        sun: [],
      },
      holidays: [{ date: "2026-12-25", name: "Crăciun" }],
    },
  },
  alarms: { rev: 1, value: { ...defaults.alarms.value, limits: { "c-42": 6500 } } },
  tz: "Europe/Bucharest",
  snippet: '<script src="https://chat.example.org/widget.js" async></script>',
  origins: ["https://portal.example.org"],
  refused_origins: [],
  seen_origins: [{ origin: "https://portal.example.org", at: NOW - 2 * MINUTE }],
};

const EPISODES = {
  episodes: [
    {
      client: "c-42",
      name: "Maria Pop",
      seq: 1,
      asked: NOW - 12 * DAY,
      answered: NOW - 12 * DAY + 130_000,
      by: "a-radu",
      resolved: NOW - 12 * DAY + 900_000,
      score: 5,
      use_after: 1,
    },
    {
      client: "c-42",
      name: "Maria Pop",
      seq: 1,
      asked: NOW - 52 * DAY,
      answered: null,
      by: null,
      resolved: NOW - 52 * DAY,
      score: null,
      use_after: 0,
    },
  ].map((episode, place) => ({ ...episode, seq: place + 1 })),
  names,
  cursor: null,
};

const HOURS = [3, 4, 4, 8, 8, 10, 8, 9, 5, 6, 5, 6, 6, 9, 12, 12, 14, 16, 30, 30, 25, 6, 2, 3];
const WIDTHS = { minute: MINUTE, quarter: 15 * MINUTE, hour: 60 * MINUTE, day: DAY, month: 30 * DAY };
const consumption: Api["consumption"] = async (_, { from, to, step }) => {
  const points = [];
  for (let at = from - (from % WIDTHS[step]), place = 0; at < to; at += WIDTHS[step], place += 1) {
    const high = place === 26 || place === 27 ? 14_000 : 0;
    points.push({
      at,
      wh: step === "hour" ? (HOURS[place % 24] ?? 0) * 120 : Math.round(8_000 + 4_000 * Math.sin(place / 4) + high),
      w: null,
    });
  }
  return { points, last: null, price: { amount: 0.27, currency: "EUR" } };
};

/** A year with high evenings, two weeks away in August, and a peak in spring. */
const quarters: Api["quarters"] = async (_, { from, to }) => {
  const at: number[] = [];
  for (let begin = from - (from % WIDTHS.quarter); begin < to; begin += WIDTHS.quarter) at.push(begin);
  const wh = at.map((begin) => {
    const [day, hour] = [Math.floor(begin / DAY), (begin % DAY) / (60 * MINUTE)];
    const winter = 1 + 0.5 * Math.cos((2 * Math.PI * day) / 365);
    const away = day % 365 > 215 && day % 365 < 229;
    const spike = day % 365 === 100 && hour > 17 && hour < 20 ? 1_500 : 0;
    return away
      ? 15
      : Math.round(
          winter * (60 + 180 * Math.max(0, Math.sin((Math.PI * (hour - 6)) / 18)) + 40 * Math.sin(day * hour)),
        ) + spike;
  });
  return { at, wh };
};

const dayOf = (back: number): string => new Date(NOW - back * DAY).toISOString().slice(0, 10);
const totals = { asked: 312, first_ms: 190_000, in_target: 91, resolve_ms: 22 * MINUTE, automatic: 35 };
const reportOf = (days: number): Report => {
  const counts = Array.from({ length: days }, (_, place) => {
    const back = days - 1 - place;
    return {
      day: dayOf(back),
      person: 28 + ((back * 7) % 11),
      automatic: 13 + ((back * 5) % 6),
      open: back === 0 ? 3 : 0,
    };
  });
  return {
    from: NOW - days * DAY,
    to: NOW,
    tz: "Europe/Bucharest",
    target_min: 10,
    in_hours: true,
    behind: 0,
    is_whole: true,
    totals: { ...totals, ratings: 88, satisfaction: 4.6, use_judged: 24, use_usual: 83 },
    before: {
      ...totals,
      asked: 278,
      first_ms: 242_000,
      in_target: 87,
      resolve_ms: 19 * MINUTE,
      ratings: 70,
      satisfaction: 4.5,
      use_judged: 21,
      use_usual: 76,
    },
    by_day: counts.map((_, place) => ({
      ...{ ...totals, ratings: 10, use_judged: 3, use_usual: 80 },
      satisfaction: 4.2 + 0.1 * (place % 4),
      in_target: 85 + (place % 5),
    })),
    days: counts,
    days_before: counts.map(({ person, automatic }, place) => ({
      day: dayOf(2 * days - 1 - place),
      person: person - 3,
      automatic,
      open: 0,
    })),
    heat: Array.from({ length: 7 }, (_, day) =>
      Array.from({ length: 24 }, (__, hour) =>
        hour < 6 || hour > 22
          ? 0
          : Math.max(0, Math.round(2 + 2 * Math.sin(hour / 2.4) + (hour > 16 && day === 5 ? 4 : 0))),
      ),
    ),
    agents: [
      {
        agent: "a-ana",
        name: "Ana Ionescu",
        answered: 82,
        resolved: 78,
        first_ms: 160_000,
        in_target: 94,
        resolve_ms: 19 * MINUTE,
        satisfaction: 4.8,
      },
      {
        agent: "a-radu",
        name: "Radu Marin",
        answered: 70,
        resolved: 66,
        first_ms: 185_000,
        in_target: 92,
        resolve_ms: 21 * MINUTE,
        satisfaction: 4.6,
      },
      {
        agent: "a-mihai",
        name: "Mihai Toma",
        answered: 21,
        resolved: 18,
        first_ms: 320_000,
        in_target: 79,
        resolve_ms: 190 * MINUTE,
        satisfaction: null,
      },
    ],
    tags: { outage: 64, bill: 58, spike: 47, "meter reading": 39, tariff: 31, moving: 9, solar: 4 },
    tags_before: { outage: 23, bill: 64, spike: 38, "meter reading": 41, tariff: 31 },
    scores: { "1": 1, "2": 2, "3": 5, "4": 19, "5": 61 },
    words: [{ client: "c-42", name: "Maria Pop", seq: 5, at: NOW - DAY, score: 5, text: "Quick and kind, thank you!" }],
  };
};

const VIEW = {
  id: "v-1",
  name: "Unread bills",
  filter: "all",
  order: "newest",
  facets: ["unread", "tag:bill"],
} as const;
/** Every third client's meter missed two hours, every fourth used much in the evening. */
const dayOfUse = (place: number) => ({
  wh: Array.from({ length: 24 }, (_, hour) =>
    place % 3 === 1 && (hour === 9 || hour === 10)
      ? null
      : place % 4 === 0 && hour > 19
        ? 2_900
        : 180 + ((hour * 7 + place * 5) % 11) * 40 + (hour > 16 ? 300 : 0),
  ),
  unusual: place % 4 === 0 ? [20, 21, 22, 23] : [],
  estimated: place % 3 === 1 ? [8] : [],
});

const API: Api = {
  findClients: async () => [{ id: "c-58", name: "Ioana Marin", area: "hill" }],
  notified: async () => ({
    key: "B",
    browsers: [
      { id: "p-1", browser: "Chrome on Linux", created: NOW - 90 * DAY },
      { id: "p-2", browser: "Safari on iPhone", created: NOW - 2 * DAY },
    ],
  }),
  notNotified: async () => undefined,
  teams: async () => ONE_TEAM,
  search: async (q) => ({
    hits: q.includes("zzz")
      ? []
      : [
          {
            client: "c-42",
            name: "Maria Pop",
            seq: 5,
            from: "c-42",
            at: NOW - 3 * MINUTE,
            kind: "text",
            text: "Why did I use 40 kWh yesterday? I was at work all day.",
            status: "assigned",
          },
          {
            client: "c-9",
            name: "Elena Lazăr",
            seq: 2,
            from: "a-ana",
            at: NOW - 9 * DAY,
            kind: "text",
            text: "Less use than on other days.",
            status: "resolved",
          },
        ],
    names,
    cursor: null,
    words: ["use"],
  }),
  settings: async () => SETTINGS,
  save: async (_, kept) => ({ ...kept, rev: 2 }),
  agents: async () => [
    { id: "a-ana", name: "Ana", admin: true, disabled: false, has_password: true },
    { id: "a-radu", name: "Radu", admin: false, disabled: false, has_password: false },
    { id: "a-dan", name: "Dan", admin: false, disabled: true, has_password: true },
  ],
  keys: async () => [
    {
      id: "k-1",
      name: "Billing",
      speaker: "b-billing",
      scopes: ["read", "write", "manage"],
      networks: ["198.51.100.0/24"],
      expires: NOW + 90 * DAY,
      hint: "x7Qe",
      created: NOW - 30 * DAY,
      used: NOW - 120_000,
      uses: 1_204,
    },
    {
      id: "k-2",
      name: "Data warehouse",
      speaker: "b-warehouse",
      scopes: ["exports"],
      networks: [],
      expires: null,
      hint: "0aZb",
      created: NOW - 2 * DAY,
      used: null,
      uses: 0,
    },
  ],
  addKey: async () => ({ secret: `wlk_${"x".repeat(43)}` }),
  revokeKey: async () => ({}),
  addAgent: async () => ({ setup: "https://chat.example.org/setup/3f9a" }),
  changeAgent: async () => ({}),
  disableAgent: async () => ({}),
  newPassword: async () => ({ setup: "https://chat.example.org/setup/3f9a" }),
  views: async () => ({
    own: { rev: 1, views: [VIEW] },
    desk: { rev: 1, views: [{ ...VIEW, id: "v-2", name: "Waiting in Mill Street", facets: ["area:mill-street"] }] },
  }),
  saveViews: async (_, rev, views) => ({ rev: rev + 1, views }),
  faces: async () => ({}),
  setFace: async () => "/faces/none.webp",
  removeFace: async () => ({}),
  usage: async (clients) => Object.fromEntries(clients.map((client, place) => [client, dayOfUse(place)])),
  outages: async () => [],
  areas: async () => [
    { area: "mill-street", clients: 412, displays: 140, silent: 96 },
    { area: "old-mill", clients: 96, displays: 33, silent: 21 },
    { area: "old-town", clients: 1_284, displays: 210, silent: 0 },
    { area: "riverside", clients: 873, displays: 120, silent: 1 },
    { area: "station-quarter", clients: 540, displays: 75, silent: 0 },
    { area: "vineyard-hill", clients: 221, displays: 18, silent: 0 },
  ],
  alarmPreview: async () => ({
    since: NOW - 28 * DAY,
    meters: 2_310,
    examined: 2_310,
    clients: 24,
    kinds: {
      usual: { alarms: 14, clients: 11 },
      limit: { alarms: 2, clients: 2 },
      silent: { alarms: 21, clients: 17 },
      tamper: { alarms: 0, clients: 0 },
    },
    examples: ["c-42", "c-9"].map((client) => ({
      client,
      name: client === "c-42" ? "Maria Pop" : "Elena Lazăr",
      meter: "m-1",
      kind: "usual" as const,
      rings: EVENING + 60 * MINUTE,
      hours: Array.from({ length: 24 }, (_, hour) => {
        const at = EVENING + (hour - 17) * 60 * MINUTE;
        const usual = 250 + (hour > 5 ? 250 : 0) + (hour > 16 && hour < 22 ? 500 : 0);
        const unusual = hour > 16 && hour < 21;
        return {
          at,
          to: at + 60 * MINUTE,
          wh: unusual ? 4_100 : usual + hour * 5,
          usual_wh: usual,
          above_wh: Math.max(3 * usual, usual + 1_000),
          unusual,
        };
      }).filter((_, hour) => hour !== 13),
    })),
  }),
  incidents: async () => INCIDENTS,
  incident: async (id) => reachOf(id),
  devices: async () => ({
    now: NOW,
    devices: [
      { id: "d-hall", client: "c-42", topics: [], kind: "micropython", heard: null },
      { id: "d-heat", client: "c-9", topics: ["tele/heat/SENSOR"], kind: "tasmota", heard: NOW - 3_000 },
    ],
    next: null,
  }),
  addDevice: async () => ({
    username: "d-new",
    client: "c-42",
    flash:
      "Server: chat.example.org:8883\nClient ID: d-new:3f9a\nUsername: d-new\nPassword: shown-only-now\nMQTT prefix: new\n",
  }),
  heard: async () => ({ now: NOW, at: NOW - 3_000, wh: 40_321_500, w: 480 }),
  removeDevice: async () => ({}),
  client: async (id) => ({
    id,
    name: "Maria Pop",
    lang: "ro",
    area: "mill-street",
    meters: ["m-1"],
    was: "g-7f3a",
    guest: false,
    attributes: { contract: "K-1042", solar: true, rooms: 3, tariff_since: "2024-03-01" },
    devices: [{ id: "d-hall" }],
    mail: { address: "m…@example.org", state: "verified" },
  }),
  earlier: async () => EPISODES,
  episodes: async () => EPISODES,
  report: async (days) => reportOf(days),
  notes: async () => [
    {
      id: "n1",
      agent: "a-radu",
      text: "heater timer was replaced on 12 Nov, see the work order.",
      at: NOW - 0.5 * MINUTE,
    },
  ],
  consumption,
  quarters,
  standard: async (client, period) => {
    const { points } = await consumption(client, period);
    return { points: points.map((point) => ({ ...point, wh: Math.round(point.wh * 0.4 + 5_000) })), yearWh: 3_200_000 };
  },
  erase: async () => ({}),
};

/** 17:00 of the day before, in Bucharest. */
const EVENING = NOW - (NOW % DAY) - DAY + 15 * 60 * MINUTE;

const INCIDENTS: readonly Incident[] = [
  {
    id: "n-mill",
    areas: ["mill-street", "old-mill"],
    text: { en: "A cable is damaged in Mill Street. Our crew is there.", ro: "Un cablu este rupt." },
    since: NOW - 82 * MINUTE,
    until: NOW + 210 * MINUTE,
    ended: null,
    origin: null,
    clients: 508,
    silent: 117,
  },
  {
    id: "n-station",
    areas: ["station-quarter"],
    text: { en: "A transformer is repaired." },
    since: NOW - 1_900 * MINUTE,
    until: null,
    ended: NOW - 1_805 * MINUTE,
    origin: "storm",
    clients: 540,
    silent: 0,
  },
];

const reachOf = (id: string): Reach => {
  const incident = INCIDENTS.find((each) => each.id === id) ?? (INCIDENTS[0] as Incident);
  const asked = { area: "mill-street", online: true, answered: null, waiting: null };
  return {
    incident,
    clients: incident.clients,
    displays: 173,
    asked: 3,
    answered: 1,
    waiting: 1,
    who: [
      { ...asked, client: "c-42", name: "Maria Pop", asked: NOW - 70 * MINUTE, waiting: NOW - 70 * MINUTE },
      { ...asked, client: "c-9", name: "Ion Rusu", asked: NOW - 61 * MINUTE, answered: NOW - 50 * MINUTE },
      { ...asked, client: "g-7f3a", name: null, asked: NOW - 40 * MINUTE },
    ],
  };
};

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

/** What the page Outbound asks for. */
const OUTBOUND: Readonly<Record<string, unknown>> = {
  "/api/attributes": {
    attributes: [
      { name: "plan", values: ["Basic", "Solar"] },
      { name: "solar", values: ["false", "true"] },
    ],
  },
  "/api/webhooks": {
    webhooks: [
      { id: "wh-1", url: "https://hooks.example.com/wattline", events: ["message.created"], off: null, created: NOW },
      {
        id: "wh-2",
        url: "https://crm.example.com/ratings",
        events: ["conversation.resolved", "conversation.rated"],
        off: "The receiver answered 410 Gone.",
        created: NOW,
      },
    ],
  },
  "/api/outbound": {
    queues: [
      { destination: "mail", waiting: 0, failed: 2, oldest: null },
      { destination: "webhook/wh-1", waiting: 12, failed: 1, oldest: NOW - 20 * MINUTE },
    ],
  },
  "/api/outbound/deliveries": {
    deliveries: [
      {
        num: 3,
        id: "msg_3f9a",
        destination: "webhook/wh-1",
        event: "message.created",
        client: "c-42",
        state: "failed",
        at: NOW - DAY,
        due: NOW - DAY,
        tries: 20,
        error: "The receiver answered 503. (given up after 20 tries)",
        done: NOW - DAY,
      },
    ],
    next: 3,
  },
};

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
  me: { id: "a-ana", name: "Ana", admin },
  isNotified: false,
  targetMs: 10 * MINUTE,
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
