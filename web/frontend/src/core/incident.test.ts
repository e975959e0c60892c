import { expect, it } from "vitest";
import type { Outage, Summary } from "../protocol/payloads.ts";
import { foldOutages } from "./incident.ts";

const HOUR = 3_600_000;
const outage = (id: string, since: number, began?: number): Outage => ({
  id,
  text: { en: "No power" },
  since,
  ...(began === undefined ? {} : { began }),
});
const row = (client: string, more: Partial<Summary>): Summary =>
  ({ client, status: "open", area: "north", waiting: 10 * HOUR, ...more }) as Summary;

it("folds who waits since power went, where that is more than an hour before the notice", () => {
  const rows = { "c-1": row("c-1", { waiting: 6 * HOUR }), "c-2": row("c-2", { waiting: 6 * HOUR - 1 }) };
  const waiting = (began: number): readonly string[] | undefined =>
    foldOutages({ north: outage("n", 10 * HOUR, began) }, rows)[0]?.waiting.map(({ client }) => client);
  expect([waiting(6 * HOUR), waiting(9.5 * HOUR)]).toEqual([["c-1"], []]);
});

it("folds who waits in the areas of one notice, from an hour before it", () => {
  const rows = {
    "c-1": row("c-1", {}),
    "c-2": row("c-2", { area: "old-mill", waiting: 9 * HOUR }),
    "c-early": row("c-early", { waiting: 9 * HOUR - 1 }),
    "c-answered": row("c-answered", { waiting: null }),
    "c-resolved": row("c-resolved", { status: "resolved" }),
    "c-snoozed": row("c-snoozed", { status: "snoozed" }),
    "c-other": row("c-other", { area: "west" }),
    "c-nowhere": row("c-nowhere", { area: null }),
  };
  const outages = { north: outage("n", 10 * HOUR), "old-mill": outage("n", 10 * HOUR), west: outage("w", 10 * HOUR) };
  const folded = foldOutages(outages, rows).map(({ id, areas, waiting }) => [
    id,
    areas,
    waiting.map((one) => one.client),
  ]);
  expect(folded).toEqual([
    ["n", ["north", "old-mill"], ["c-1", "c-2"]],
    ["w", ["west"], ["c-other"]],
  ]);
});
