import { expect, test } from "vitest";

import { withToday } from "./outage-words.ts";

const NOW = Date.parse("2026-11-30T12:00:00");

test("an outage's end of today is told without its date, another day's with it", () => {
  expect(withToday("en", "We expect power back by 23:30, Monday, 30 November.", NOW)).toBe(
    "We expect power back by 23:30 today.",
  );
  expect(withToday("ro", "Revine curentul până la 23:30, luni, 30 noiembrie.", NOW)).toBe(
    "Revine curentul până la 23:30 astăzi.",
  );
  expect(withToday("de", "Bis 23:30 Uhr (Montag, 30. November) wieder Strom.", NOW)).toBe(
    "Bis 23:30 Uhr heute wieder Strom.",
  );
  const tomorrow = "We expect power back by 06:00, Tuesday, 1 December.";
  expect(withToday("en", tomorrow, NOW)).toBe(tomorrow);
});
