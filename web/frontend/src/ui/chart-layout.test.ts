import { describe, expect, test } from "vitest";
import { gapsOf, labelled, stepsTo, withEnds } from "./chart-layout.ts";
import { csvOf } from "./chart-table.tsx";

const HOUR = 3_600_000;
const hours = (...places: number[]) => places.map((place) => ({ at: place * HOUR, to: (place + 1) * HOUR, wh: 100 }));

describe("a chart's layout", () => {
  test("an hour without readings keeps its place, and what is still to come is no gap", () => {
    expect(gapsOf(hours(0, 1, 4), 0, 6 * HOUR)).toEqual([
      { at: 2 * HOUR, to: 4 * HOUR },
      { at: 5 * HOUR, to: 6 * HOUR },
    ]);
    expect(gapsOf(hours(0, 1), 0, 2 * HOUR)).toEqual([]);
  });

  test("the axis begins at 0, goes by round steps and holds the highest value", () => {
    expect(stepsTo(4_200, 5)).toEqual([0, 1000, 2000, 3000, 4000, 5000]);
    expect(stepsTo(0, 3)[0]).toBe(0);
    expect(stepsTo(30_000, 3).at(-1)).toBe(30_000);
    expect(stepsTo(680, 3)).toEqual([0, 500, 1000]); // not by 0.25 kWh
  });

  test("labels stand at even times, also where a bar is missing, and never too many", () => {
    const day = hours(...Array.from({ length: 24 }, (_, place) => place).filter((place) => place !== 6));
    expect(labelled(day, 0, 24 * HOUR, 500).map((at) => at / HOUR)).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
  });

  test("of many days each seventh is labelled, of a week as many as have room", () => {
    const days = Array.from({ length: 30 }, (_, place) => ({
      at: 24 * place * HOUR,
      to: 24 * (place + 1) * HOUR,
      wh: 1,
    }));
    const places = (number: number, width: number) =>
      labelled(days.slice(0, number), 0, 24 * number * HOUR, width).map((at) => at / HOUR / 24);
    expect(places(30, 850)).toEqual([0, 7, 14, 21, 28]);
    expect(places(7, 270)).toEqual([0, 2, 4, 6]);
  });

  test("a month has its name at its own begin, measured or not, and on a phone the newest one too", () => {
    const begin = (month: number) => Date.UTC(2026, month, 1) - (month > 2 && month < 10 ? 3 : 2) * HOUR;
    const bars = [10, 11].map((month) => ({ at: begin(month), to: begin(month + 1), wh: 1 }));
    const names = (width: number) =>
      labelled(bars, begin(0), begin(12), width).map((at) =>
        new Date(at).toLocaleString("en", { month: "short", timeZone: "Europe/Bucharest" }),
      );
    expect(names(1200).join(" ")).toBe("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec");
    expect(names(300).join(" ")).toBe("Jan Mar May Jul Sep Nov");
  });

  test("a bar without an end ends where the next begins", () => {
    expect(
      withEnds([
        { at: 0, wh: 1 },
        { at: HOUR, wh: 2 },
      ]).map(({ to }) => to),
    ).toEqual([HOUR, 2 * HOUR]);
  });

  test("the file has times in UTC, the estimated part and what is usual", () => {
    const [bar] = hours(0);
    if (!bar) throw new Error("no bar");
    expect(csvOf([{ ...bar, estimated: 0.5, usualWh: 90, unusual: true }]).split("\r\n")).toEqual([
      "from,to,wh,estimated_wh,usual_wh,unusual",
      "1970-01-01T00:00:00.000Z,1970-01-01T01:00:00.000Z,100,50,90,true",
      "",
    ]);
  });
});
