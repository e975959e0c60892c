import { expect, it } from "vitest";
import type { Outage, Summary } from "../protocol/payloads.ts";
import { foldOutages } from "./incident.ts";

const HOUR = 3_600_000;
const outage = (id: string, since: number): Outage => ({ id, text: { en: "No power" }, since });
const row = (client: string, more: Partial<Summary>): Summary =>
  ({ client, status: "open", area: "north", waiting: 10 * HOUR, ...more }) as Summary;

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
