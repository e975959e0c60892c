import { expect, test } from "vitest";

import { pageTextsFor } from "../../ui/page-messages.ts";
import { momentOf, readNear, writeNear } from "./date-field.tsx";
import { NO_TIMES, readTimes, type TypedTimes, timesWritten } from "./notice-times.tsx";

const t = pageTextsFor("en");
const NOW = new Date("2026-11-30T12:00").getTime();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (ms: number): string => momentOf(NOW + ms);
const wrongOf = (typed: Partial<TypedTimes>): readonly string[] => {
  const { wrong, isRight } = readTimes(t, { ...NO_TIMES, ...typed }, NOW);
  const found = Object.values(wrong).filter(Boolean);
  expect(isRight).toBe(found.length === 0);
  return found;
};

test("a begin is neither to come nor more than 7 days ago", () => {
  expect([-7 * DAY, 0, -7 * DAY - HOUR, HOUR].map((ms) => wrongOf({ began: at(ms) }))).toEqual([
    [],
    [],
    [t.noticeBeganLongAgo],
    [t.noticeBeganAhead],
  ]);
});

test("a notice comes down after now, not before power is back, and within 30 days", () => {
  const own = { down: "own", until: at(2 * HOUR) } as const;
  expect(
    ["", at(-HOUR), at(HOUR), at(2 * HOUR), at(30 * DAY), at(31 * DAY)].map((ends) => wrongOf({ ...own, ends })),
  ).toEqual([[t.noticeEndsMissing], [t.noticeEndsPast], [t.noticeEndsEarly], [], [], [t.noticeEndsLate]]);
  expect(wrongOf({ down: "after", until: at(-HOUR) })).toEqual([t.outageUntilPast]);
  expect(wrongOf({ down: "after", until: at(30 * DAY) })).toEqual([t.noticeEndsLate]);
});

test("an hour after a time that was taken back, the notice comes down when a person ends it", () => {
  expect(readTimes(t, { ...NO_TIMES, down: "after" }, NOW)).toMatchObject({ times: {}, isRight: true });
});

test.each([
  { began: null, until: null, ends: null },
  { began: NOW - HOUR, until: NOW + HOUR, ends: NOW + 2 * HOUR, down: "after" },
  { began: NOW - HOUR, until: null, ends: NOW + 3 * HOUR, down: "own" },
])("an update begins with the notice's times, and publishes them unchanged", ({ down = "", ...times }) => {
  expect(timesWritten(times).down).toBe(down);
  const given = Object.fromEntries(Object.entries(times).filter(([, time]) => time !== null));
  expect(readTimes(t, timesWritten(times), NOW).times).toEqual(given);
});

test.each(["en", "ro", "de"] as const)(
  "in %s a near day is written and read by its word, today's time alone",
  (lang) => {
    const texts = pageTextsFor(lang);
    for (const moment of ["2026-11-30T17:30", "2026-12-01T06:00", "2026-12-02T06:00", ""])
      expect(readNear(texts, writeNear(texts, moment, NOW), NOW)).toBe(moment);
    expect(writeNear(texts, "2026-11-30T17:30", NOW)).toBe(`${texts.today}, 17:30`);
    expect(
      ["9:05", "17.30", "yesterday 17:30", `${texts.tomorrow.toUpperCase()} 6:00`].map((text) =>
        readNear(texts, text, NOW),
      ),
    ).toEqual(["2026-11-30T09:05", "2026-11-30T17:30", undefined, "2026-12-01T06:00"]);
  },
);
