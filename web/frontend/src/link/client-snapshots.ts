/** What a page asks REST about one client beside the log: notes and consumption. Reads only. */

import type { Note, Rest } from "./rest.ts";

export type Step = "minute" | "quarter" | "hour" | "day" | "month";

export interface Period {
  readonly from: number;
  readonly to: number;
  readonly step: Step;
}

export interface Consumption {
  /** Whose days and hours these are: the platform's. */
  readonly tz?: string;
  readonly points: readonly {
    readonly at: number;
    readonly to?: number;
    readonly wh: number;
    readonly w: number | null;
    readonly unusual?: boolean;
  }[];
  /** `w` null: the meter tells its energy alone, or none did in the last interval. */
  readonly last: { readonly meter: string; readonly at: number; readonly w: number | null } | null;
}

export async function fetchConsumption(rest: Rest, client: string, period: Period): Promise<Consumption> {
  const query = new URLSearchParams({ from: `${period.from}`, to: `${period.to}`, step: period.step });
  const { tz, points = [], last = null } = await rest.get(`/api/clients/${client}/consumption?${query}`);
  return { ...(tz && { tz }), points, last };
}

/** Quarters of an hour as two columns: when they begin, and what was used. Fast for a whole year. */
export interface Quarters {
  readonly at: readonly number[];
  readonly wh: readonly number[];
}

export async function fetchQuarters(rest: Rest, client: string, { from, to }: Omit<Period, "step">): Promise<Quarters> {
  const query = new URLSearchParams({ from: `${from}`, to: `${to}`, step: "quarter" });
  const { at = [], wh = [] } = await rest.get(`/api/clients/${client}/consumption/columns?${query}`);
  return { at, wh };
}

/** What a standard household would use that needs as much in a year; nothing while too little is known. */
export interface Standard {
  readonly points: Consumption["points"];
  readonly yearWh: number | null;
}

export async function fetchStandard(rest: Rest, client: string, period: Period): Promise<Standard> {
  const query = new URLSearchParams({ from: `${period.from}`, to: `${period.to}`, step: period.step });
  const { points = [], year_wh: yearWh = null } = await rest.get(
    `/api/clients/${client}/consumption/standard?${query}`,
  );
  return { points, yearWh };
}

export async function fetchNotes(rest: Rest, client: string): Promise<readonly Note[]> {
  const { notes = [] } = await rest.get(`/api/clients/${client}/notes`);
  return notes;
}
