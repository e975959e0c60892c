/** The browser's settings are those of the server's registry: chat_core.domain.settings. */

import { expect, test } from "vitest";

import type { SettingName, SettingValues } from "../link/desk-api.ts";
import { vectors } from "../vectors.ts";
import { PAGES } from "./route.ts";

/** A field more or less than the types have does not compile. */
const FIELDS: { readonly [K in SettingName]: Readonly<Record<keyof SettingValues[K], true>> } = {
  hours: { week: true, holidays: true },
  target: { minutes: true },
  canned: { replies: true },
  rules: { on: true, away: true, rules: true },
  alarms: {
    on: true,
    times_usual: true,
    at_least_wh: true,
    limit_wh: true,
    limits: true,
    silent_minutes: true,
    storm_meters: true,
  },
};
const registry = vectors("settings").settings as Readonly<Record<string, { page: string; fields: string[] }>>;

test("the types have each setting's fields", () => {
  const known = Object.entries(registry).map(([name, { fields }]) => [name, [...fields].sort()]);
  expect(Object.entries(FIELDS).map(([name, fields]) => [name, Object.keys(fields).sort()])).toEqual(known);
});

test("each setting's page is one of the board's", () => {
  expect(PAGES).toEqual(expect.arrayContaining(Object.values(registry).map(({ page }) => page)));
});
