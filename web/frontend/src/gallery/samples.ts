/** Sample answers of the desk's REST API: settings, episodes, consumption, reports, outages, deliveries. */

import type { Api, Incident, Reach, Report, Settings } from "../link/desk-api.ts";
import type { Period } from "../link/rest.ts";
import { dayKey, midnight } from "../ui/format.ts";
import { moved, spanOf } from "../ui/period.ts";
import { DAY, MINUTE, NOW, names } from "./people.ts";
import defaults from "./settings.gen.json" with { type: "json" };

export const SETTINGS: Settings = {
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

export const EPISODES = {
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
      first_ms: 130_000,
      in_target: true,
      resolve_ms: 900_000,
      question: { text: "Why did my water heater run at night?" },
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
      question: { kind: "file" as const, text: "meter.jpg" },
    },
  ].map((episode, place) => ({ ...episode, seq: place + 1 })),
  names,
  cursor: null,
};

const HOURS = [3, 4, 4, 8, 8, 10, 8, 9, 5, 6, 5, 6, 6, 9, 12, 12, 14, 16, 30, 30, 25, 6, 2, 3];
const WIDTHS = { minute: MINUTE, quarter: 15 * MINUTE, hour: 60 * MINUTE, day: DAY };

/** Return the months of a meter that came in March: high in winter, the present one not over. */
function monthsOf({ from, to }: Omit<Period, "step">) {
  const points = [];
  for (let day = dayKey(from); midnight(day, undefined) < Math.min(to, NOW); day = moved("month", day, 1)) {
    const month = spanOf("month", day, undefined);
    const place = Number(day.slice(5, 7)) - 1;
    const share = Math.min(1, (NOW - month.from) / (month.to - month.from));
    const wh = Math.round(share * (260_000 + 90_000 * Math.cos((place * Math.PI) / 6)));
    if (place > 1) points.push({ at: month.from, to: month.to, wh, w: null });
  }
  return points;
}

export const consumption: Api["consumption"] = async (_, { from, to, step }) => {
  const price = { amount: 0.27, currency: "EUR" };
  if (step === "month") return { points: monthsOf({ from, to }), last: null, price };
  const points = [];
  for (let at = from - (from % WIDTHS[step]), place = 0; at < Math.min(to, NOW); at += WIDTHS[step], place += 1) {
    const high = place === 16 || place === 17 ? 14_000 : 0;
    points.push({
      at,
      wh: step === "hour" ? (HOURS[place % 24] ?? 0) * 120 : Math.round(8_000 + 4_000 * Math.sin(place / 4) + high),
      w: null,
    });
  }
  return { points, last: null, price };
};

/** A year with high evenings, two weeks without readings in August, and a peak in spring. */
export const quarters: Api["quarters"] = async (_, { from, to }) => {
  const at: number[] = [];
  for (let begin = from - (from % WIDTHS.quarter); begin < Math.min(to, NOW); begin += WIDTHS.quarter) {
    const day = Math.floor(begin / DAY) % 365;
    if (day <= 215 || day >= 229) at.push(begin);
  }
  const wh = at.map((begin) => {
    const [day, hour] = [Math.floor(begin / DAY), (begin % DAY) / (60 * MINUTE)];
    const winter = 1 + 0.5 * Math.cos((2 * Math.PI * day) / 365);
    const spike = day % 365 === 100 && hour > 17 && hour < 20 ? 1_500 : 0;
    const evening = 180 * Math.max(0, Math.sin((Math.PI * (hour - 6)) / 18));
    return Math.round(winter * (60 + evening + 40 * Math.sin(day * hour))) + spike;
  });
  return { at, wh };
};

const dayOf = (back: number): string => new Date(NOW - back * DAY).toISOString().slice(0, 10);
const totals = { asked: 312, first_ms: 190_000, in_target: 91, resolved: 203, resolve_ms: 22 * MINUTE, automatic: 35 };
export const reportOf = (days: number, agent: string | null = null): Report => {
  const counts = Array.from({ length: days }, (_, place) => {
    const back = days - 1 - place;
    return {
      day: dayOf(back),
      person: 28 + ((back * 7) % 11),
      automatic: agent ? 0 : 13 + ((back * 5) % 6),
      open: back === 0 && !agent ? 3 : 0,
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
    agent,
    names: { "a-ana": "Ana Ionescu", "a-mihai": "Mihai Toma", "a-radu": "Radu Marin" },
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
    before_is_whole: true,
    by_day: counts.map((_, place) => ({
      ...{ ...totals, ratings: 10, use_judged: 3, use_usual: 80 },
      satisfaction: 4.2 + 0.1 * (place % 4),
      in_target: 85 + (place % 5),
    })),
    by_week: Array.from({ length: Math.floor(days / 7) }, (_, place) => ({
      ...{ ...totals, ratings: 70, satisfaction: 4.4, use_judged: 20, use_usual: 78 + place },
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
    ].filter((one) => !agent || one.agent === agent),
    tags: { outage: 64, bill: 58, spike: 47, "meter reading": 39, tariff: 31, moving: 9, solar: 4 },
    tags_before: { outage: 23, bill: 64, spike: 38, "meter reading": 41, tariff: 31 },
    scores: { "1": 1, "2": 2, "3": 5, "4": 19, "5": 61 },
    words: [{ client: "c-42", name: "Maria Pop", seq: 5, at: NOW - DAY, score: 5, text: "Quick and kind, thank you!" }],
  };
};

export const VIEW = {
  id: "v-1",
  name: "Unread bills",
  filter: "all",
  order: "newest",
  facets: ["unread", "tag:bill"],
} as const;
/** Every third client's meter missed two days, every fourth used much on the last whole day. */
export const daysOfUse = (place: number) => ({
  wh: Array.from({ length: 14 }, (_, day) =>
    place % 3 === 1 && (day === 6 || day === 7)
      ? null
      : place % 4 === 0 && day === 12
        ? 24_600
        : 7_200 + ((day * 7 + place * 5) % 11) * 300,
  ),
  unusual: place % 4 === 0 ? [12] : [],
  estimated: place % 3 === 1 ? [5] : [],
});

/** 17:00 of the day before, in Bucharest. */
export const EVENING = NOW - (NOW % DAY) - DAY + 15 * 60 * MINUTE;

export const INCIDENTS: readonly Incident[] = [
  {
    id: "n-mill",
    areas: ["mill-street", "old-mill"],
    text: { en: "A cable is damaged in Mill Street. Our crew is there.", ro: "Un cablu este rupt." },
    since: NOW - 82 * MINUTE,
    until: NOW + 210 * MINUTE,
    began: NOW - 90 * MINUTE,
    ends: NOW + 270 * MINUTE,
    ended: null,
    origin: null,
    clients: 508,
    reached: 488,
    displays: 173,
    silent: 117,
  },
  {
    id: "n-station",
    areas: ["station-quarter"],
    text: { en: "A transformer is repaired." },
    since: NOW - 1_900 * MINUTE,
    until: NOW - 1_780 * MINUTE,
    began: null,
    ends: null,
    ended: NOW - 1_805 * MINUTE,
    origin: "storm",
    clients: 540,
    reached: 511,
    displays: 75,
    silent: 0,
  },
];

export const reachOf = (id: string): Reach => {
  const incident = INCIDENTS.find((each) => each.id === id) ?? (INCIDENTS[0] as Incident);
  const asked = { area: "mill-street", online: true, answered: null, waiting: null };
  return {
    incident,
    asked: 3,
    answered: 1,
    waiting: 1,
    told: 4,
    who: [
      { ...asked, client: "c-42", name: "Maria Pop", asked: NOW - 70 * MINUTE, waiting: NOW - 70 * MINUTE },
      { ...asked, client: "c-9", name: "Ion Rusu", asked: NOW - 61 * MINUTE, answered: NOW - 50 * MINUTE },
      { ...asked, client: "g-7f3a", name: null, asked: NOW - 40 * MINUTE },
    ],
  };
};

/** What the page Outbound asks for. */
export const OUTBOUND: Readonly<Record<string, unknown>> = {
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
        off_reason: { code: "off_gone", values: {} },
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
        error: "The receiver answered 503. Given up after 20 tries.",
        reason: { code: "answered", values: { status: 503, tries: 20 } },
        done: NOW - DAY,
      },
    ],
    next: 3,
  },
};
