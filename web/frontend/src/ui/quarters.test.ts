import { expect, test } from "vitest";

import { curveOf, daysTouched, gapsIn, highestOf } from "./quarters.ts";

const QUARTER = 900_000;
const at = (time: string): number => Date.parse(time);
/** Each quarter from one moment to another, 100 Wh in each. */
const between = (from: string, to: string) => {
  const times: number[] = [];
  for (let begin = at(from); begin < at(to); begin += QUARTER) times.push(begin);
  return { at: times, wh: times.map(() => 100) };
};

test("quarters become mean watts, and where none is known the line is broken", () => {
  const curve = curveOf({ at: [0, QUARTER, 4 * QUARTER], wh: [100, 50, 25] });
  expect(curve).toEqual({ at: [0, QUARTER, 2 * QUARTER, 4 * QUARTER], w: [400, 200, null, 100] });
  expect(highestOf(curve)).toEqual({ at: 0, w: 400 });
  expect(highestOf(curveOf({ at: [], wh: [] }))).toBeNull();
  expect(highestOf(curveOf({ at: [0], wh: [0] }))).toEqual({ at: 0, w: 0 });
});

test("a day or more without readings is a gap, also before the first and after the last, and a shorter one is none", () => {
  const quarters = [
    ...between("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z").at,
    ...between("2026-03-02T23:45:00Z", "2026-03-03T00:00:00Z").at,
    ...between("2026-03-04T00:00:00Z", "2026-03-05T00:00:00Z").at,
  ];
  expect(gapsIn({ at: quarters }, at("2026-01-01T00:00:00Z"), at("2026-04-01T00:00:00Z"))).toEqual([
    { at: at("2026-01-01T00:00:00Z"), to: at("2026-03-01T00:00:00Z") },
    { at: at("2026-03-03T00:00:00Z"), to: at("2026-03-04T00:00:00Z") },
    { at: at("2026-03-05T00:00:00Z"), to: at("2026-04-01T00:00:00Z") },
  ]);
  expect(gapsIn({ at: quarters.slice(0, 96) }, at("2026-03-01T00:00:00Z"), at("2026-03-02T10:00:00Z"))).toEqual([]);
});

test("a piece of a curve is widened to whole days of the platform's calendar, also where the clock changes", () => {
  const quarters = between("2026-10-23T00:00:00Z", "2026-10-28T00:00:00Z");
  // The 25th of October has 25 hours in Bucharest.
  const [from, to] = [at("2026-10-24T21:00:00Z"), at("2026-10-25T22:00:00Z")];
  for (const touched of ["2026-10-24T21:00:00Z", "2026-10-25T10:07:00Z", "2026-10-25T21:59:00Z"])
    expect(daysTouched(quarters, at(touched), at(touched), "Europe/Bucharest")).toEqual({ from, to, wh: 25 * 400 });
  expect(daysTouched(quarters, at("2026-10-24T12:00:00Z"), at("2026-10-25T12:00:00Z"), "Europe/Bucharest")).toEqual({
    from: from - 24 * 3_600_000,
    to,
    wh: 49 * 400,
  });
  expect(daysTouched(quarters, at("2026-11-05T12:00:00Z"), at("2026-11-06T12:00:00Z"), "Europe/Bucharest")).toBeNull();
});
