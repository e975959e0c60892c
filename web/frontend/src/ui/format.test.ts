import { describe, expect, test } from "vitest";

import { vectors } from "../vectors.ts";
import {
  cardTitle,
  clock,
  cost,
  dayKey,
  dayLabel,
  energy,
  fileSize,
  hourRange,
  initials,
  percent,
  periodTitle,
  power,
  shortDate,
  shortDays,
  shortWhen,
  span,
  waitLevel,
  waitSpan,
  weekdayDay,
  whenNear,
} from "./format.ts";
import { LANGS, type Lang } from "./messages.ts";

const ZONE = "Europe/Bucharest";
const at = (text: string): number => Date.parse(`${text}:00+02:00`);
const NOW = at("2026-11-24T14:04");
const EN = { today: "Today", yesterday: "Yesterday" };
const plain = (text: string): string => text.replace(/\s/gu, " ");

describe("times", () => {
  test("the clock has 24 hours in both languages, in the zone given", () => {
    expect(clock("en", at("2026-11-24T14:02"), ZONE)).toBe("14:02");
    expect(clock("ro", at("2026-11-24T00:05"), ZONE)).toBe("00:05");
    expect(clock("en", at("2026-11-24T14:02"), "UTC")).toBe("12:02");
  });

  test("a range of days within a month has no spaces around its dash, one over months has", () => {
    const title = (from: string, to: string) => plain(periodTitle("en", at(from), at(to), ZONE));
    expect(title("2026-11-01T00:00", "2026-12-01T00:00")).toBe("1–30 Nov 2026");
    expect(title("2026-11-28T00:00", "2026-12-04T00:00")).toBe("28 Nov – 3 Dec 2026");
  });

  test("a day is named by as much as tells it apart", () => {
    expect(dayLabel("en", at("2026-11-24T00:01"), NOW, EN, ZONE)).toBe("Today");
    expect(dayLabel("en", at("2026-11-23T23:59"), NOW, EN, ZONE)).toBe("Yesterday");
    expect(dayLabel("en", at("2026-11-20T10:00"), NOW, EN, ZONE)).toBe("Friday");
    expect(dayLabel("ro", at("2026-11-20T10:00"), NOW, EN, ZONE)).toBe("Vineri");
    expect(dayLabel("en", at("2026-11-12T10:00"), NOW, EN, ZONE)).toBe("12 November");
    expect(dayLabel("en", at("2025-11-12T10:00"), NOW, EN, ZONE)).toBe("12 November 2025");
  });

  test("a day begins at the zone's midnight, not at UTC's", () => {
    expect(dayLabel("en", at("2026-11-24T00:30"), NOW, EN, ZONE)).toBe("Today");
    expect(dayLabel("en", at("2026-11-24T00:30"), NOW, EN, "UTC")).toBe("Yesterday");
    // The day before had 23 hours, or has 25: 24 hours ago it was the day before yesterday, or still today.
    for (const [then, now] of [
      ["2026-03-29T12:00:00+03:00", "2026-03-30T00:30:00+03:00"],
      ["2026-10-24T12:00:00+03:00", "2026-10-25T23:30:00+02:00"],
    ] as const)
      expect(dayLabel("en", Date.parse(then), Date.parse(now), EN, ZONE)).toBe("Yesterday");
  });

  test("a row of the list says the time today, the weekday this week, the date before", () => {
    expect(shortWhen("en", at("2026-11-24T13:51"), NOW, ZONE)).toBe("13:51");
    expect(shortWhen("en", at("2026-11-20T13:51"), NOW, ZONE)).toBe("Fri");
    expect(shortWhen("en", at("2026-11-02T13:51"), NOW, ZONE)).toBe("2 Nov");
  });

  test("a short date has its year where that is another one", () => {
    expect(shortDate("en", at("2026-11-02T13:51"), NOW, ZONE)).toBe("2 Nov");
    expect(shortDate("en", at("2027-02-22T13:51"), NOW, ZONE)).toBe("22 Feb 2027");
  });

  test("a moment of today is a time, one of another day has its date", () => {
    expect(whenNear("en", at("2026-11-24T18:00"), NOW, ZONE)).toBe("18:00");
    expect(whenNear("en", at("2026-11-25T09:00"), NOW, ZONE)).toBe("Wed 25 Nov, 09:00");
    expect(weekdayDay("en", at("2026-11-23T09:00"), ZONE)).toBe("Mon 23 Nov");
  });
});

describe("waits", () => {
  test("a wait is counted in whole units and is never negative", () => {
    expect(
      [-5, 4_000, 59_999, 60_000, 14 * 60_000, 62 * 60_000, 50 * 3_600_000].map((ms) => plain(span("en", ms))),
    ).toEqual(["0 s", "4 s", "59 s", "1 min", "14 min", "1 h", "2 d"]);
    expect(["en", "ro", "de"].map((lang) => plain(span(lang as Lang, 180_000)))).toEqual(["3 min", "3 min.", "3 Min."]);
  });

  test.each(["en", "ro", "de"] as const)("units are Intl's in %s", (lang) => {
    const by = (unit: string, unitDisplay: "narrow" | "short", n: number) =>
      plain(new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay }).format(n)).replace(
        /(\d)(?=[a-z])/iu,
        "$1 ",
      );
    const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
    expect([7_000, 3 * minute, 20 * minute, 3 * hour, 23 * day].map((ms) => plain(span(lang, ms)))).toEqual([
      by("second", "narrow", 7),
      by("minute", "short", 3),
      by("minute", "short", 20),
      by("hour", "narrow", 3),
      by("day", "narrow", 23),
    ]);
    expect(plain(waitSpan(lang, 3 * minute))).toBe(by("minute", "narrow", 3));
  });

  test("a row's wait is as short as it can be", () => {
    const waits = [-5, 30_000, 60_000, 14 * 60_000, 62 * 60_000];
    expect(waits.map((ms) => plain(waitSpan("en", ms)))).toEqual(["< 1 m", "< 1 m", "1 m", "14 m", "1 h"]);
  });

  test("it warns after the target and is bad after twice the target", () => {
    const target = 10 * 60_000;
    expect([0, target - 1, target, 2 * target - 1, 2 * target].map((waited) => waitLevel(waited, target))).toEqual([
      "fine",
      "fine",
      "warn",
      "warn",
      "bad",
    ]);
  });
});

describe("amounts", () => {
  test.each<any>(vectors("energy").cases)("$wh Wh are $en, in the browser and on the server", (given) => {
    for (const lang of LANGS) expect(energy(lang, given.wh)).toBe(given[lang]);
  });

  test("each row of a column has as many decimals, which its largest amount decides", () => {
    const column = (...whs: number[]) => whs.map((wh) => energy("de", wh, Math.max(...whs)));
    expect(column(360, 1_100, 0, 4)).toEqual(["0,36 kWh", "1,10 kWh", "0,00 kWh", "0,00 kWh"]);
    expect(column(420, 40_230)).toEqual(["0,4 kWh", "40,2 kWh"]);
    expect(column(9_400, 248_300)).toEqual(["9 kWh", "248 kWh"]);
    expect(column(4, 90)).toEqual(["0,004 kWh", "0,090 kWh"]);
    expect(column(0, 0)).toEqual(["0,00 kWh", "0,00 kWh"]);
  });

  test("power has two decimals", () => {
    expect(power("en", 420)).toBe("0.42 kW");
    expect(power("ro", 3_200)).toBe("3,20 kW");
  });

  test("money is whole cents in the language's form", () => {
    expect(plain(cost("en", 248_000, { amount: 0.25, currency: "EUR" }, true))).toBe("€62");
  });

  test("a difference has its sign, a file its size", () => {
    expect(plain(percent("en", -0.12))).toBe("−12%");
    expect(plain(percent("en", 0.08))).toBe("+8%");
    expect([plain(fileSize("en", 44)), plain(fileSize("en", 1))]).toEqual(["44 bytes", "1 byte"]);
    expect(plain(fileSize("en", 340_000))).toBe("340 kB");
    expect(plain(fileSize("en", 1_200_000))).toBe("1.2 MB");
  });
});

test("a face has the first and the last name's letters, whatever the script", () => {
  expect(initials("Maria Pop", "c-42")).toBe("MP");
  expect(initials("Ștefan cel Mare", "c-1")).toBe("ȘM");
  expect(initials("Ana", "a-ana")).toBe("A");
  expect(initials("Visitor 7f3a", "g-7f3ac01d9be2")).toBe("V");
  expect(initials("Client c-42", "c-42")).toBe("C");
  expect(initials("ana", "a-ana")).toBe("a");
  expect(initials("  ", "c-42")).toBe("4");
  expect(initials("🙂 李", "c-1")).toBe("李");
});

describe("in the viewer's own zone", () => {
  test("clock and day are what Intl says of it, in winter and in summer, late and early", () => {
    for (const at of ["2026-01-15T00:30:00Z", "2026-07-15T23:59:59Z", "2026-03-29T01:00:00Z", "1999-12-31T22:15:00Z"]) {
      const atMs = Date.parse(at);
      const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
      expect(clock("en", atMs)).toBe(clock("en", atMs, timeZone));
      expect(dayKey(atMs)).toBe(dayKey(atMs, timeZone));
    }
  });
});

const title = (from: string, to: string, zone = ZONE): string =>
  cardTitle("en", { from: Date.parse(from), to: Date.parse(to) }, zone);

test("a period is named briefly, with no space around the dash between two days of a month", () => {
  const [from, to] = ["2026-11-14T00:00:00+02:00", "2026-11-25T00:00:00+02:00"].map(Date.parse) as [number, number];
  const before = Date.parse("2026-10-27T00:00:00+02:00");
  const day = Date.parse("2026-11-15T00:00:00+02:00");
  expect(shortDays("en", from, to, ZONE)).toBe("14–24 Nov");
  expect(shortDays("en", from, day, ZONE)).toBe("14 Nov");
  expect(shortDays("en", before, to, ZONE)).toMatch(/^27 Oct\s–\s24 Nov$/u);
  expect(shortDays("ro", from, to, ZONE)).toBe("14–24 nov.");
  expect(shortDays("de", from, to, ZONE)).toBe("14.–24. Nov.");
  expect(periodTitle("en", from, to, ZONE)).toBe("14–24 Nov 2026");
  expect(hourRange("en", { from: day - 3 * 3_600_000, to: day }, ZONE)).toBe("21:00–24:00");
});

test("a day has one name, also the one of 23 hours and the one of 25; more of them have two", () => {
  expect(title("2026-11-23T00:00:00+02:00", "2026-11-24T00:00:00+02:00")).toBe("Mon 23 Nov");
  expect(title("2026-03-29T00:00:00+02:00", "2026-03-30T00:00:00+03:00")).toBe("Sun 29 Mar");
  expect(title("2026-10-25T00:00:00+03:00", "2026-10-26T00:00:00+02:00")).toBe("Sun 25 Oct");
  expect(title("2026-10-25T00:00:00+03:00", "2026-10-27T00:00:00+02:00")).toBe("Sun 25 Oct – Mon 26 Oct");
});
