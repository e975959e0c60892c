/** Fold the conversations that wait because of one outage. Pure. */

import type { Outage, Summary } from "../protocol/payloads.ts";

/** People ask before the notice comes. */
const ASKED_BEFORE_MS = 3_600_000;

interface Asked {
  readonly since?: number | null | undefined;
  readonly began?: number | null | undefined;
}

/** One outage with its areas, and who waits in them. */
export interface Folded {
  /** Of the notice that stands now. */
  readonly id: string;
  readonly areas: readonly string[];
  readonly waiting: readonly Summary[];
}

/** Return from when on who asked asks about the outage: an hour before its first notice, or when power went before. */
export const askedFrom = ({ since, began }: Asked): number =>
  Math.min((since ?? 0) - ASKED_BEFORE_MS, began ?? Number.POSITIVE_INFINITY);

/** Return whether the client waits since then, or later. A snoozed one is looked at later. */
const waitsFor = ({ waiting, status }: Summary, outage: Outage): boolean =>
  waiting !== null && (status === "open" || status === "assigned") && waiting >= askedFrom(outage);

/** Group the outages of one notice, with the conversations that wait in their areas. */
export function foldOutages(
  outages: Readonly<Record<string, Outage>>,
  summaries: Readonly<Record<string, Summary>>,
): readonly Folded[] {
  if (Object.keys(outages).length === 0) return [];
  const byId = new Map<string, { readonly areas: string[]; readonly waiting: Summary[] }>();
  for (const [area, { id }] of Object.entries(outages)) {
    const group = byId.get(id) ?? { areas: [], waiting: [] };
    group.areas.push(area);
    byId.set(id, group);
  }
  for (const row of Object.values(summaries)) {
    const outage = outages[row.area ?? ""];
    if (outage && waitsFor(row, outage)) byId.get(outage.id)?.waiting.push(row);
  }
  return [...byId].map(([id, group]) => ({ id, ...group }));
}
