/** A stand-in for the desk's REST API, which answers with samples. */

import type { Api } from "../link/desk-api.ts";
import { ONE_TEAM } from "../link/desk-teams.ts";
import { DAY, MINUTE, NOW, names } from "./people.ts";
import {
  consumption,
  daysOfUse,
  EPISODES,
  EVENING,
  INCIDENTS,
  quarters,
  reachOf,
  reportOf,
  SETTINGS,
  VIEW,
} from "./samples.ts";

export const API: Api = {
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
    { id: "a-ana", name: "Ana", admin: true, disabled: false, has_password: true, seen: null },
    { id: "a-radu", name: "Radu", admin: false, disabled: false, has_password: false, seen: null },
    { id: "a-dan", name: "Dan", admin: false, disabled: true, has_password: true, seen: 1_790_000_000_000 },
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
  usage: async (clients) => Object.fromEntries(clients.map((client, place) => [client, daysOfUse(place)])),
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
    newest: Array.from({ length: 12 }, (_, place) => ({
      client: place % 2 ? "c-9" : "c-42",
      name: place % 2 ? "Elena Lazăr" : "Maria Pop",
      meter: "m-1",
      kind: (["usual", "limit", "silent", "tamper"] as const)[place % 4] ?? "usual",
      at: EVENING - place * DAY,
      to: EVENING - place * DAY + (place % 4 === 3 ? 0 : 4 * 60 * MINUTE),
      wh: place % 4 < 2 ? 16_400 + place * 10 : null,
    })),
  }),
  incidents: async () => INCIDENTS,
  incident: async (id) => reachOf(id),
  devices: async () => ({
    now: NOW,
    devices: [
      { id: "d-hall", client: "c-42", name: "Maria Pop", topics: [], kind: "micropython", heard: null },
      {
        id: "d-heat",
        client: "c-9",
        name: "Elena Lazăr",
        topics: ["tele/heat/SENSOR"],
        kind: "tasmota",
        heard: NOW - 3_000,
      },
    ],
    next: null,
  }),
  addDevice: async () => ({
    username: "d-new",
    client: "c-42",
    flash: null,
    parts: [
      {
        name: "shelly",
        text: "",
        fields: [
          { label: "Server", value: "chat.example.org:8883" },
          { label: "Username", value: "d-new" },
          { label: "Password", value: "shown-only-now" },
          { label: "Client ID", value: "d-new:3f9a" },
          { label: "MQTT prefix", value: "new" },
        ],
      },
    ],
    certificate: "",
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
  report: async (period) => {
    const asked = new URLSearchParams(period);
    return reportOf(Number(asked.get("days")), asked.get("agent"));
  },
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
