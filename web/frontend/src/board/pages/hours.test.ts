import { expect, test } from "vitest";
import { parseSpans, spansText } from "./hours.tsx";

test("hours are read as one writes them, and written so that they are read again", () => {
  expect(parseSpans("9-17")).toEqual([["09:00", "17:00"]]);
  expect(parseSpans("09:00–12:30, 13:30 - 17:00")).toEqual([
    ["09:00", "12:30"],
    ["13:30", "17:00"],
  ]);
  expect(parseSpans(" ")).toEqual([]);
  expect(parseSpans("22:00-24:00")).toEqual([["22:00", "24:00"]]);
  const spans = [
    ["08:15", "12:00"],
    ["12:00", "20:00"],
  ] as const;
  expect(parseSpans(spansText(spans))).toEqual(spans);
});

test("what is no hours is none: no time, an end before its beginning, spans over each other", () => {
  for (const text of ["9", "17-9", "9-9", "25-26", "9:60-10:00", "9-17, 12-18", "9-24:01", "from nine"])
    expect(parseSpans(text), text).toBeNull();
});
