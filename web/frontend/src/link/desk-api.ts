/** The board's REST calls: search, figures, settings, people, devices. One function a request. */

import type { Outage, Status } from "../protocol/payloads.ts";
import { fetchConsumption, fetchNotes, fetchQuarters, fetchStandard, type Period, type Rest } from "./rest.ts";
import type { SettingValues } from "./settings.gen.ts";

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
};
export interface AgentRow {
  readonly id: string;
  readonly name: string;
  readonly admin: boolean;
  readonly disabled: boolean;
  readonly has_password: boolean;
}
export interface StandingOutage extends Outage {
  readonly area: string;
}

/** An area and the number of its clients. */
export interface Area {
  readonly area: string;
  readonly clients: number;
}

/** With a meter, its topics are readings: a known device's JSON, or a number in this unit. */
export interface NewDevice {
  readonly id: string;
  readonly client: string;
  readonly topics: readonly string[];
  readonly meter?: string;
  readonly forms?: Readonly<Record<string, string>>;
}

export interface DeviceRow {
  readonly id: string;
  readonly client: string;
  readonly topics: readonly string[];
  readonly disabled: boolean;
}
export interface ClientFacts {
  readonly id: string;
  readonly name: string | null;
  readonly lang: string | null;
  readonly area: string | null;
  readonly meters: readonly string[];
  readonly was: string | null;
  readonly guest: boolean;
  readonly devices: readonly { readonly id: string }[];
}

export interface Spread {
  readonly n: number;
  readonly p50_ms: number | null;
  readonly p90_ms: number | null;
  readonly list: string;
}
export interface Overview {
  readonly from: number;
  readonly to: number;
  readonly behind: number;
  readonly waiting: { readonly now: number; readonly late: number; readonly longest_ms: number | null };
  readonly first_answer: Spread & { readonly late: number; readonly late_list: string };
  readonly resolve: Spread;
  readonly satisfaction: {
    readonly n: number;
    readonly mean: number | null;
    readonly scores: Readonly<Record<string, number>>;
    readonly list: string;
  };
  readonly load: {
    readonly hours: readonly {
      readonly hour: number;
      readonly asked: number;
      readonly answered: number;
      readonly begun: number;
    }[];
    readonly list: string;
  };
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
}
export interface Episodes {
  readonly episodes: readonly Episode[];
  readonly names: Readonly<Record<string, string>>;
  readonly cursor: string | null;
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
    outages: async (): Promise<readonly StandingOutage[]> => (await get("/api/outages")).outages ?? [],
    areas: async (): Promise<readonly Area[]> => (await get("/api/areas")).areas,
    devices: async (client = ""): Promise<readonly DeviceRow[]> =>
      (await get(`/api/devices?client=${one(client)}`)).devices,
    addDevice: (device: NewDevice): Promise<Readonly<Record<string, unknown>>> => post("/api/devices", device),
    removeDevice: (id: string): Promise<unknown> => post(`/api/devices/${one(id)}/remove`, {}),
    client: (id: string): Promise<ClientFacts> => get(`/api/clients/${one(id)}`),
    earlier: (client: string): Promise<Episodes> =>
      get(`/api/episodes?figure=load&from=0&client=${one(client)}&limit=20`),
    overview: (from: number, to: number): Promise<Overview> => get(`/api/overview?from=${from}&to=${to}`),
    episodes: (list: string, cursor: string | null): Promise<Episodes> =>
      get(cursor ? `${list}&cursor=${one(cursor)}` : list),
    notes: (client: string) => fetchNotes(rest, client),
    consumption: (client: string, period: Period) => fetchConsumption(rest, client, period),
    quarters: (client: string, period: Omit<Period, "step">) => fetchQuarters(rest, client, period),
    standard: (client: string, period: Period) => fetchStandard(rest, client, period),
    erase: (client: string): Promise<unknown> => post(`/api/clients/${one(client)}/erase`, { confirm: client }),
  };
}
