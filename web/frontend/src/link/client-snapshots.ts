/** What a page asks REST about one client beside the log: notes and consumption. Reads only. */

import { ask, type Asking, type Note } from "./rest.ts";

export type Step = "minute" | "quarter" | "hour" | "day" | "month";

export interface Period {
  readonly from: number;
  readonly to: number;
  readonly step: Step;
}

export interface Consumption {
  readonly points: readonly { readonly at: number; readonly wh: number; readonly w: number | null }[];
  readonly last: { readonly meter: string; readonly at: number; readonly w: number } | null;
}

export async function fetchNotes(base: string, client: string, asking: Asking): Promise<readonly Note[]> {
  const { notes = [] } = await ask(`${base}/api/clients/${client}/notes`, asking);
  return notes;
}

export async function fetchConsumption(base: string, client: string, period: Period, asking: Asking): Promise<Consumption> {
  const query = new URLSearchParams({ from: `${period.from}`, to: `${period.to}`, step: period.step });
  const { points = [], last = null } = await ask(`${base}/api/clients/${client}/consumption?${query}`, asking);
  return { points, last };
}
