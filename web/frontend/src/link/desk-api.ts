/** The board's REST calls: search, figures, settings, people, devices. One function a request. */

import type { InboxFilter } from "../core/inbox.ts";
import type { LastWords, Outage, Status } from "../protocol/payloads.ts";
import type { Translated } from "../protocol/translated.ts";
import type { Teams } from "./desk-teams.ts";
import { fetchConsumption, fetchNotes, fetchQuarters, fetchStandard, type Period, type Rest } from "./rest.ts";
import type { Alarms, SettingValues } from "./settings.gen.ts";

export type * from "./settings.gen.ts";

export interface Hit {
  readonly client: string;
  readonly name: string | null;
  readonly seq: number;
  readonly from: string;
  readonly at: number;
  readonly kind: string;
  readonly text: string;
  readonly status: Status;
}
export interface Hits {
  readonly hits: readonly Hit[];
  readonly names: Readonly<Record<string, string>>;
  readonly cursor: string | null;
  /** Folded words, to highlight. */
  readonly words: readonly string[];
}

export type SettingName = keyof SettingValues;
export interface Kept<T> {
  readonly rev: number;
  readonly value: T;
}
export type Settings = { readonly [K in SettingName]: Kept<SettingValues[K]> } & {
  readonly tz: string;
  readonly snippet: string;
  readonly origins: readonly string[];
  /** Origins that were refused since the start, the newest first. */
  readonly refused_origins: readonly { readonly origin: string; readonly at: number }[];
  /** Portals whose pages asked for the chat since the start, the newest first. */
  readonly seen_origins: readonly { readonly origin: string; readonly at: number }[];
};
export interface AgentRow {
  readonly id: string;
  readonly name: string;
  readonly admin: boolean;
  readonly disabled: boolean;
  readonly has_password: boolean;
  /** When its board last fetched credentials, as it does each hour; null for never. */
  readonly seen: number | null;
}
export type Scope = "read" | "write" | "manage" | "clients" | "readings" | "exports";
export interface NewApiKey {
  readonly name: string;
  readonly speaker: string;
  readonly scopes: readonly Scope[];
  readonly networks: readonly string[];
  readonly expires: number | null;
}
export interface ApiKeyRow extends NewApiKey {
  readonly id: string;
  /** The secret's last four characters. */
  readonly hint: string;
  readonly created: number;
  readonly used: number | null;
  readonly uses: number;
}
interface StandingOutage extends Outage {
  readonly area: string;
}

/** Where the agent is notified while no board is open; `key` is null while the server sends no notifications. */
export interface Notified {
  readonly key: string | null;
  readonly browsers: readonly NotifiedBrowser[];
}

/** A browser in which the agent is notified while no board is open. */
interface NotifiedBrowser {
  readonly id: string;
  /** Such as “Chrome on Linux”. */
  readonly browser: string;
  readonly created: number;
}

/** A client whom a search found, with a conversation or without one. */
export interface FoundClient {
  readonly id: string;
  readonly name: string | null;
  readonly area: string | null;
}

/** An area with the numbers of its clients, of their displays, and of its silent meters. */
export interface Area {
  readonly area: string;
  readonly clients: number;
  readonly displays: number;
  readonly silent: number;
}
/**
 * One outage in its areas; `ended` is null while it stands. `text` is as it was written, without `until` in words;
 * `reached` is null where nobody counted.
 */
export interface Incident {
  readonly id: string;
  readonly areas: readonly string[];
  readonly text: Translated;
  readonly since: number;
  readonly until: number | null;
  /** When power went; null: nobody said. */
  readonly began: number | null;
  /** When the notice ends by itself; null: when a person ends it. */
  readonly ends: number | null;
  readonly ended: number | null;
  readonly origin: string | null;
  readonly clients: number;
  readonly reached: number | null;
  readonly displays: number;
  readonly silent: number;
}
interface IncidentAsker {
  readonly client: string;
  readonly name: string | null;
  readonly area: string;
  readonly online: boolean;
  readonly asked: number;
  readonly answered: number | null;
  readonly waiting: number | null;
}
/** Whom an incident reached; `who` lists the first 200 who asked. */
export interface Reach {
  readonly incident: Incident;
  readonly asked: number;
  readonly answered: number;
  readonly waiting: number;
  /** Whom the end is told, or was; a web of an older version does not count them. */
  readonly told?: number;
  readonly who: readonly IncidentAsker[];
}

export type AlarmKind = "usual" | "limit" | "silent" | "tamper";
/** The day of one alarm. */
export interface AlarmExample {
  readonly client: string;
  readonly name: string | null;
  readonly meter: string;
  readonly kind: AlarmKind;
  readonly rings: number;
  readonly hours: readonly {
    readonly at: number;
    readonly to: number;
    readonly wh: number;
    readonly usual_wh: number | null;
    readonly above_wh: number | null;
    readonly unusual: boolean;
  }[];
}
/** What thresholds would have told in the last 28 days. */
export interface AlarmPreview {
  readonly since: number;
  readonly meters: number;
  readonly examined: number;
  readonly clients: number;
  readonly kinds: Readonly<Record<AlarmKind, { readonly alarms: number; readonly clients: number }>>;
  readonly examples: readonly AlarmExample[];
  /** The newest alarms, the newest first; wh null: not about use. */
  readonly newest: readonly {
    readonly client: string;
    readonly name: string | null;
    readonly meter: string;
    readonly kind: AlarmKind;
    readonly at: number;
    readonly to: number;
    readonly wh: number | null;
  }[];
}

/** With a meter, its topics are readings: a known device's JSON, or a number in this unit. */
export interface NewDevice {
  readonly id: string;
  readonly client: string;
  readonly topics: readonly string[];
  readonly meter?: string;
  readonly forms?: Readonly<Record<string, string>>;
  /** As which kind of device: its login then says what to flash. */
  readonly kind?: string;
}
/** One text for a new device: `name` says where it goes; `fields` are its lines where they are entered one by one. */
export interface DevicePart {
  readonly name: string;
  readonly text: string;
  readonly fields: readonly { readonly label: string; readonly value: string }[];
}
/** A new device's credentials, shown once, and what it is given if its kind is known. */
export interface DeviceLogin {
  readonly username: string;
  readonly client: string;
  readonly flash: string | null;
  readonly parts: readonly DevicePart[];
  /** The file of the authority that signed the broker's certificate, "" for a public one, null without TLS. */
  readonly certificate: string | null;
  readonly [fact: string]: unknown;
}
/** When a device was heard last, by the server's clock. */
export interface LastReading {
  readonly now: number;
  readonly at: number | null;
  readonly wh: number | null;
  readonly w: number | null;
}

export interface DeviceRow {
  readonly id: string;
  readonly client: string;
  /** The client's. */
  readonly name: string | null;
  readonly topics: readonly string[];
  readonly kind: string | null;
  readonly heard: number | null;
}
export interface DevicePage {
  /** By the server's clock. */
  readonly now: number;
  readonly devices: readonly DeviceRow[];
  /** After which device the next page begins; null at the end. */
  readonly next: string | null;
}
export interface ClientFacts {
  readonly id: string;
  readonly name: string | null;
  readonly lang: string | null;
  readonly area: string | null;
  readonly meters: readonly string[];
  readonly was: string | null;
  readonly guest: boolean;
  /** What programs know of the client, by name. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly devices: readonly { readonly id: string }[];
  /** Where unread answers go; the address is masked. */
  readonly mail: { readonly address: string | null; readonly state: string };
}

/** A period's figures; null where there is nothing to take one from. */
export interface Totals {
  readonly asked: number;
  readonly first_ms: number | null;
  readonly in_target: number | null;
  /** A web of an older version sends none. */
  readonly resolved?: number;
  readonly resolve_ms: number | null;
  readonly automatic: number | null;
  readonly ratings: number;
  readonly satisfaction: number | null;
  /** Resolved questions about use after which a meter told what it was, and how many percent of them were usual. */
  readonly use_judged: number;
  readonly use_usual: number | null;
}
export interface DayCount {
  readonly day: string;
  readonly person: number;
  readonly automatic: number;
  readonly open: number;
}
/** An hour of a single day, counted as a day is. */
export interface HourCount extends Omit<DayCount, "day"> {
  readonly hour: number;
}
export interface AgentFigures {
  readonly agent: string;
  readonly name: string;
  readonly answered: number;
  readonly resolved: number;
  readonly first_ms: number | null;
  readonly in_target: number | null;
  readonly resolve_ms: number | null;
  readonly satisfaction: number | null;
}
export interface Report {
  readonly from: number;
  readonly to: number;
  readonly tz: string;
  readonly target_min: number;
  readonly in_hours: boolean;
  readonly behind: number;
  readonly is_whole: boolean;
  /** Whose questions are counted; none: everybody's. A web of an older version sends neither this nor `names`. */
  readonly agent?: string | null;
  /** Who answered first a question of either period, whoever is selected. */
  readonly names?: Readonly<Record<string, string>>;
  readonly totals: Totals;
  readonly before: Totals;
  /** Whether the time before lies within what is stored; a web of an older version does not tell. */
  readonly before_is_whole?: boolean;
  /** When the first stored question was asked; a web of an older version does not tell. */
  readonly first_asked?: number | null;
  /** The figures of each of the days alone; a web of an older version sends none. */
  readonly by_day?: readonly Totals[];
  /** The same of each seven days up to the last. */
  readonly by_week?: readonly Totals[];
  readonly days: readonly DayCount[];
  readonly days_before: readonly DayCount[];
  /** A single day by its hours, and the day before it; a web of an older version sends none. */
  readonly hours?: readonly HourCount[];
  readonly hours_before?: readonly HourCount[];
  /** By weekday, Monday first, and hour. */
  readonly heat: readonly (readonly number[])[];
  readonly agents: readonly AgentFigures[];
  readonly tags: Readonly<Record<string, number>>;
  readonly tags_before: Readonly<Record<string, number>>;
  readonly scores: Readonly<Record<string, number>>;
  readonly words: readonly {
    readonly client: string;
    readonly name: string | null;
    readonly seq: number;
    readonly at: number;
    readonly score: number;
    readonly text: string;
  }[];
}
export interface Episode {
  readonly client: string;
  readonly name: string | null;
  readonly seq: number;
  readonly asked: number | null;
  readonly answered: number | null;
  readonly by: string | null;
  readonly resolved: number | null;
  readonly score: number | null;
  /** The use of the day after its resolution: 1 usual, 0 not, -1 too few readings; null: not known. */
  readonly use_after: number | null;
  /** The client's first words in it, of the kind `text` unless it says another; null where they were deleted. */
  readonly question: (Pick<LastWords, "text"> & Partial<Pick<LastWords, "kind">>) | null;
  /** How long the first answer took in opening hours, and whether that was within the target; a web of an older version sends neither. */
  readonly first_ms?: number | null;
  readonly in_target?: boolean | null;
  /** How long it took from the question to its resolution, counted alike. */
  readonly resolve_ms?: number | null;
}
export interface Episodes {
  readonly episodes: readonly Episode[];
  readonly names: Readonly<Record<string, string>>;
  readonly cursor: string | null;
}

/** A client's last 14 days, today included: Wh, null where nothing is known, and the places of unusual and of estimated days. */
export interface DaysOfUse {
  readonly wh: readonly (number | null)[];
  readonly unusual: readonly number[];
  readonly estimated: readonly number[];
}

/** Whose saved views. */
export type Whose = "own" | "desk";
/** Saved views and their revision. */
export interface Views {
  readonly rev: number;
  readonly views: readonly SavedView[];
}
/** What the conversations of a list have in common; `of` is the assignee, an attribute is `attribute:name:value`. */
export type Facet = "unread" | "urgent" | "mentioned" | `${"tag" | "area" | "lang" | "of" | "attribute"}:${string}`;
/** A named choice of a list, its facets and its order. */
export interface SavedView {
  readonly id: string;
  readonly name: string;
  readonly filter: InboxFilter;
  readonly order: "waiting" | "newest";
  readonly facets: readonly Facet[];
}

export type Api = ReturnType<typeof createApi>;

/** Create the API of the signed-in agent. Raises: RestError, whose message is the server's sentence. */
export function createApi(rest: Rest) {
  const get = (path: string): Promise<any> => rest.get(path);
  const post = (path: string, body: unknown): Promise<any> => rest.send("POST", path, body);
  const one = encodeURIComponent;
  return {
    search: (q: string, cursor: string | null): Promise<Hits> =>
      get(`/api/search?${new URLSearchParams({ q, ...(cursor ? { cursor } : {}) })}`),
    settings: (): Promise<Settings> => get("/api/settings"),
    save: <K extends SettingName>(name: K, kept: Kept<SettingValues[K]>): Promise<Kept<SettingValues[K]>> =>
      rest.send("PUT", `/api/settings/${name}`, kept),
    agents: async (): Promise<readonly AgentRow[]> => (await get("/api/agents")).agents,
    addAgent: (agent: { id: string; name: string; admin: boolean }): Promise<{ setup: string }> =>
      post("/api/agents", agent),
    changeAgent: (id: string, facts: { name: string; admin: boolean }): Promise<unknown> =>
      rest.send("PUT", `/api/agents/${one(id)}`, facts),
    newPassword: (id: string): Promise<{ setup: string }> => post(`/api/agents/${one(id)}/setup`, {}),
    disableAgent: (id: string): Promise<unknown> => post(`/api/agents/${one(id)}/disable`, {}),
    keys: async (): Promise<readonly ApiKeyRow[]> => (await get("/api/keys")).keys,
    addKey: (draft: NewApiKey): Promise<{ secret: string }> => post("/api/keys", draft),
    revokeKey: (id: string): Promise<unknown> => post(`/api/keys/${one(id)}/revoke`, {}),
    usage: async (clients: readonly string[]): Promise<Readonly<Record<string, DaysOfUse>>> =>
      (await get(`/api/usage?${new URLSearchParams(clients.map((client) => ["client", client]))}`)).clients,
    faces: async (agents: readonly string[]): Promise<Readonly<Record<string, string>>> =>
      (await get(`/api/faces?${new URLSearchParams(agents.map((agent) => ["agent", agent]))}`)).faces,
    /** Return the address of the new photo. Args: data: a picture as base64. */
    setFace: async (agent: string, data: string): Promise<string> =>
      (await rest.send("PUT", `/api/agents/${one(agent)}/photo`, { data })).faces[agent],
    removeFace: (agent: string): Promise<unknown> => post(`/api/agents/${one(agent)}/photo/remove`, {}),
    views: (): Promise<Readonly<Record<Whose, Views>>> => get("/api/views"),
    saveViews: (whose: Whose, rev: number, views: readonly SavedView[]): Promise<Views> =>
      rest.send("PUT", `/api/views/${whose}`, { rev, value: { views } }),
    notified: (): Promise<Notified> => get("/api/push"),
    notNotified: (id: string): Promise<unknown> => post(`/api/push/browsers/${one(id)}/remove`, {}),
    outages: async (): Promise<readonly StandingOutage[]> => (await get("/api/outages")).outages ?? [],
    incidents: async (): Promise<readonly Incident[]> => (await get("/api/outages/incidents")).incidents,
    incident: (id: string): Promise<Reach> => get(`/api/outages/incidents/${one(id)}`),
    teams: (): Promise<Teams> => get("/api/teams"),
    alarmPreview: (value: Alarms): Promise<AlarmPreview> => post("/api/alarms/preview", { value }),
    areas: async (): Promise<readonly Area[]> => (await get("/api/areas")).areas,
    devices: (after: string): Promise<DevicePage> => get(`/api/devices?after=${one(after)}`),
    addDevice: (device: NewDevice): Promise<DeviceLogin> => post("/api/devices", device),
    heard: (device: string, since: number): Promise<LastReading> =>
      get(`/api/devices/${one(device)}/heard?since=${since}`),
    removeDevice: (id: string): Promise<unknown> => post(`/api/devices/${one(id)}/remove`, {}),
    findClients: async (q: string): Promise<readonly FoundClient[]> =>
      (await get(`/api/clients?${new URLSearchParams({ q })}`)).clients,
    client: (id: string): Promise<ClientFacts> => get(`/api/clients/${one(id)}`),
    earlier: (client: string): Promise<Episodes> =>
      get(`/api/episodes?figure=asked&from=0&client=${one(client)}&limit=20`),
    report: (period: string): Promise<Report> => get(`/api/reports?${period}`),
    episodes: (list: string, cursor: string | null): Promise<Episodes> =>
      get(cursor ? `${list}&cursor=${one(cursor)}` : list),
    notes: (client: string) => fetchNotes(rest, client),
    consumption: (client: string, period: Period) => fetchConsumption(rest, client, period),
    quarters: (client: string, period: Omit<Period, "step">) => fetchQuarters(rest, client, period),
    standard: (client: string, period: Period) => fetchStandard(rest, client, period),
    erase: (client: string): Promise<unknown> => post(`/api/clients/${one(client)}/erase`, { confirm: client }),
  };
}
