/** What a page asks REST about one client beside the log: notes and consumption. Reads only. */

export interface NoteSnapshot {
  readonly id: string;
  readonly agent: string;
  readonly text: string;
  readonly at: number;
}

export type Step = "minute" | "quarter" | "hour" | "day" | "month";

export interface Consumption {
  readonly from: number;
  readonly to: number;
  readonly step: Step;
  readonly points: readonly { readonly at: number; readonly wh: number; readonly w: number | null }[];
  readonly last: { readonly meter: string; readonly at: number; readonly w: number } | null;
}

/** Where to ask and who asks: a bearer, or the signed-in cookie when there is none. */
export interface Asker {
  readonly apiBase: string;
  readonly bearer?: string;
}

/** The server's no, or its silence. `status` 0 is silence. */
export class SnapshotFailed extends Error {
  constructor(readonly status: number) {
    super(`the snapshot could not be fetched (${status})`);
  }
}

async function get<T>(asker: Asker, path: string, signal?: AbortSignal): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(asker.apiBase + path, {
      credentials: "same-origin",
      headers: asker.bearer ? { Authorization: `Bearer ${asker.bearer}` } : {},
      ...(signal ? { signal } : {}),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new SnapshotFailed(0);
  }
  if (!answer.ok) throw new SnapshotFailed(answer.status);
  return (await answer.json()) as T;
}

export async function fetchNotes(asker: Asker, client: string, signal?: AbortSignal): Promise<readonly NoteSnapshot[]> {
  const { notes } = await get<{ notes: readonly NoteSnapshot[] }>(asker, `/api/clients/${client}/notes`, signal);
  return notes;
}

export function fetchConsumption(
  asker: Asker,
  client: string,
  period: { readonly from: number; readonly to: number; readonly step: Step },
  signal?: AbortSignal,
): Promise<Consumption> {
  const query = new URLSearchParams({ from: `${period.from}`, to: `${period.to}`, step: period.step });
  return get<Consumption>(asker, `/api/clients/${client}/consumption?${query}`, signal);
}
