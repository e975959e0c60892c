/** The browser's REST calls: credentials, log, inbox, consumption, notes. */

import type { Ask, LogPage } from "../core/log.ts";
import { asEntry, asMarker, asSummary, type Entry, type Marker, type Summary } from "../protocol/payloads.ts";
import { type Asking, ask } from "./http.ts";

/** The answer of `POST /api/session`. */
export interface Credentials {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly wsUrl: string;
  /** When the connection's token ends, ms; null for never. */
  readonly expires: number | null;
  readonly apiToken: string;
  readonly apiExpires: number | null;
  readonly name: string | null;
  readonly area: string | null;
  /** A guest's token, to store. */
  readonly guest: string | null;
  /** Opens the client's files and transcript without a header; valid as long as the bearer. */
  readonly downloadKey: string | null;
  /** The bearer of the unread count alone; valid longer. */
  readonly unreadKey: string | null;
  /** The time zone of the platform's days. */
  readonly tz: string;
}
interface InboxPage {
  readonly summaries: readonly Summary[];
  readonly cursor: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly names: Readonly<Record<string, string>>;
}
export interface Note {
  readonly id: string;
  readonly agent: string;
  /** The agent's name; one who left is not among the agents. */
  readonly name?: string | undefined;
  readonly text: string;
  readonly at: number;
}

/** Ask for credentials. Args: now: times are converted to this clock, because the server's may differ by days. */
export async function postSession(base: string, body: object, asking: Asking, now: () => number): Promise<Credentials> {
  const answer = await ask(`${base}/api/session`, asking, body);
  const aheadMs = answer.now ? now() - answer.now : 0;
  const here = (serverMs: number | null | undefined): number | null => (serverMs ? serverMs + aheadMs : null);
  return {
    id: answer.id ?? answer.username,
    username: answer.username,
    password: answer.password,
    wsUrl: answer.ws_url,
    expires: here(answer.expires),
    apiToken: answer.api_token,
    apiExpires: here(answer.api_expires),
    name: answer.name ?? null,
    area: answer.area ?? null,
    guest: answer.guest ?? null,
    downloadKey: answer.download_key ?? null,
    unreadKey: answer.unread_key ?? null,
    tz: answer.tz,
  };
}

/** REST as one identity; the bearer is asked for at each call, because it is renewed. */
export class Rest {
  constructor(
    readonly base: string,
    readonly bearer: () => Promise<string>,
  ) {}

  async log(client: string, wanted: Ask, limit: number): Promise<LogPage> {
    const where = "after" in wanted ? `after=${wanted.after}` : `before=${wanted.before}`;
    const answer = await this.get(`/api/clients/${client}/log?${where}&limit=${limit}`);
    const markers: Record<string, Marker> = {};
    for (const [reader, value] of Object.entries(answer.markers ?? {})) {
      const marker = asMarker(value);
      if (marker) markers[reader] = marker;
    }
    const entries = listOf(answer.entries, asEntry);
    return { entries, last: answer.last, first: answer.first, epoch: answer.epoch, markers, names: answer.names ?? {} };
  }

  async get(path: string): Promise<any> {
    return ask(this.base + path, { bearer: await this.bearer() });
  }

  async send(method: "POST" | "PUT", path: string, body: unknown): Promise<any> {
    return ask(this.base + path, { bearer: await this.bearer(), method }, body);
  }
}

const listOf = <T extends Entry | Summary>(values: unknown, read: (value: unknown) => T | null): readonly T[] =>
  (Array.isArray(values) ? values : []).flatMap((value) => read(value) ?? []);

/** Read a page of the inbox. A function, so that the widget does not carry it. */
export async function readInbox(rest: Pick<Rest, "get">, query: Readonly<Record<string, string>>): Promise<InboxPage> {
  return inboxPageOf(await rest.get(`/api/inbox?${new URLSearchParams(query)}`));
}

export function inboxPageOf({ summaries, cursor = null, counts = {}, names = {} }: any): InboxPage {
  return { summaries: listOf(summaries, asSummary), cursor, counts, names };
}

export type Step = "minute" | "quarter" | "hour" | "day" | "month";

export interface Period {
  readonly from: number;
  readonly to: number;
  readonly step: Step;
}

export interface Consumption {
  /** The platform's time zone. */
  readonly tz?: string;
  readonly points: readonly {
    readonly at: number;
    readonly to?: number;
    readonly wh: number;
    readonly w: number | null;
    /** The share of its energy, 0 to 1, between distant readings. */
    readonly estimated?: number;
    readonly usualWh?: number | null;
    readonly unusual?: boolean;
    readonly unusualHours?: number | null;
    readonly hoursWithout?: number | null;
  }[];
  /** `w` null: the meter sends energy only, or sent nothing in the last interval. */
  readonly last: { readonly meter: string; readonly at: number; readonly w: number | null } | null;
  /** Of a kWh; null without a tariff. */
  readonly price?: { readonly amount: number; readonly currency: string } | null;
}

const readConsumption = (rest: Rest, client: string, { from, to, step }: Period, kind = ""): Promise<any> =>
  rest.get(`/api/clients/${client}/consumption${kind}?${new URLSearchParams({ from: `${from}`, to: `${to}`, step })}`);

export async function fetchConsumption(rest: Rest, client: string, period: Period): Promise<Consumption> {
  const { tz, points = [], last = null, price = null } = await readConsumption(rest, client, period);
  const named = ({
    usual_wh: usualWh = null,
    unusual_hours: unusualHours = 0,
    hours_without_readings: hoursWithout = 0,
    ...point
  }: any) => ({ ...point, usualWh, unusualHours, hoursWithout });
  return { ...(tz && { tz }), points: points.map(named), last, price };
}

/** Quarter-hours as two columns: start and energy. Fast for a whole year. */
interface Quarters {
  readonly at: readonly number[];
  readonly wh: readonly number[];
}

export async function fetchQuarters(rest: Rest, client: string, period: Omit<Period, "step">): Promise<Quarters> {
  const { at = [], wh = [] } = await readConsumption(rest, client, { ...period, step: "quarter" }, "/columns");
  return { at, wh };
}

/** The consumption of a standard household with the same energy a year. */
export interface Standard {
  readonly points: Consumption["points"];
  readonly yearWh: number | null;
}

export async function fetchStandard(rest: Rest, client: string, period: Period): Promise<Standard> {
  const { points = [], year_wh: yearWh = null } = await readConsumption(rest, client, period, "/standard");
  return { points, yearWh };
}

export async function fetchNotes(rest: Rest, client: string): Promise<readonly Note[]> {
  const { notes = [], names = {} } = await rest.get(`/api/clients/${client}/notes`);
  return notes.map((note: Note) => ({ ...note, name: names[note.agent] }));
}
