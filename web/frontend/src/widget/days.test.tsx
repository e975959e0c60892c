// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Consumption } from "../link/rest.ts";
import { laterTextsFor, textsFor } from "../ui/messages.ts";
import { Days } from "./days.tsx";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = 20_000 * DAY;
const root = document.body.appendChild(document.createElement("div"));

const pointsOf = (from: number, length: number, wh: readonly number[]): Consumption => ({
  points: wh.map((each, place) => ({ at: from + place * length, to: from + (place + 1) * length, wh: each, w: null })),
  last: { meter: "main", at: NOW, w: null },
});
const load = vi.fn<(from: number, to: number, step: "day" | "hour") => Promise<Consumption>>();

/** Let what was loaded be drawn. */
const settle = (): Promise<void> => act(async () => undefined);
const press = (name: string): Promise<void> => act(async () => step(name).click()).then(settle);

const show = (now: number): Promise<void> =>
  act(async () =>
    render(
      <Days
        t={textsFor("en")}
        lt={laterTextsFor("en")}
        {...{ load, now }}
        onChoose={() => undefined}
        onClose={() => undefined}
        onGone={() => undefined}
      />,
      root,
    ),
  ).then(settle);
const step = (name: string): HTMLButtonElement =>
  [...root.querySelectorAll<HTMLButtonElement>(".wl-picker-steps button")].find(
    ({ textContent }) => textContent === name,
  ) as HTMLButtonElement;
const rows = (): number => root.querySelectorAll("tbody tr").length;

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe(): void {}
      disconnect(): void {}
    },
  );
  load.mockReset();
  load.mockImplementation(async (from, _, each) =>
    each === "day" ? pointsOf(NOW - 3 * DAY, DAY, [5_000, 0, 7_000]) : pointsOf(from, HOUR, [500, 0, 700]),
  );
});
afterEach(() => {
  act(() => render(null, root));
  vi.unstubAllGlobals();
});

test("a day without energy is left out, an hour without is shown", async () => {
  await show(NOW);
  expect(rows()).toBe(2);
  await press("Hours");
  expect(rows()).toBe(3);
});

test("a failure can be tried again, and nothing can be shared where there is nothing", async () => {
  load.mockRejectedValueOnce(new Error("no connection"));
  await show(NOW);
  const buttons = () => [...root.querySelectorAll(".wl-picker > .wl-button")].map(({ textContent }) => textContent);
  expect(buttons()).toEqual(["Try again"]);
  load.mockResolvedValueOnce({ points: [], last: null });
  await act(async () => root.querySelector<HTMLButtonElement>(".wl-picker > .wl-button")?.click()).then(settle);
  expect([root.querySelector("[role=status]")?.textContent, buttons()]).toEqual([
    "No readings in this period.",
    ["Write a message"],
  ]);
});

test("the hours name their day, and go to the day before or after it while that one is known", async () => {
  await show(NOW);
  const days = () => [...root.querySelectorAll<HTMLButtonElement>(".wl-strip-row > :not(.wl-picker-steps)")];
  expect(days()).toEqual([]);
  await press("Hours");
  const named = () => days().map((each) => each.getAttribute("aria-label") ?? each.textContent);
  expect([named()[1], days().map(({ disabled }) => disabled ?? false)]).toEqual([named()[2], [false, false, true]]);
  const [before, day] = named();
  await act(async () => days()[0]?.click()).then(settle);
  expect(named()).toEqual([before, before, day]);
  expect(load).toHaveBeenLastCalledWith(NOW - 3 * DAY, NOW - 2 * DAY, "hour");
  expect(root.querySelector(".wl-picker > .wl-button")?.textContent).toContain(before);
});

test("another day's hours are not shown under a day's name while its own load", async () => {
  await show(NOW);
  await press("Hours");
  load.mockReturnValue(new Promise(() => undefined));
  await act(async () => root.querySelector<HTMLButtonElement>(".wl-picker-steps + button")?.click()).then(settle);
  expect([rows(), root.querySelector(".wl-chart-line")?.textContent]).toEqual([0, "Loading …"]);
});

test("by name the newest four days can be chosen, and older ones that are unusual; all can on the chart", async () => {
  const { points, ...rest } = pointsOf(
    NOW - 9 * DAY,
    DAY,
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((kwh) => kwh * 1_000),
  );
  load.mockResolvedValue({ ...rest, points: points.map((each, day) => ({ ...each, unusual: day === 2 })) });
  await show(NOW);
  const named = [...root.querySelectorAll(".wl-days .wl-number")].map(({ textContent }) => textContent);
  expect(named).toEqual(["9.0 kWh", "8.0 kWh", "7.0 kWh", "6.0 kWh", "3.0 kWh"]);
  expect(rows()).toBe(9);
});

test("what is chosen is summed, one day too: a low screen has no room for the rows that name it", async () => {
  const { points, ...rest } = pointsOf(NOW - 2 * DAY, DAY, [5_000, 7_000]);
  load.mockResolvedValue({ ...rest, points: points.map((each) => ({ ...each, usualWh: 7_000 })) });
  await show(NOW);
  const facts = () => root.querySelector(".wl-picker-facts")?.textContent;
  expect(facts()).toBe("7.0 kWh · as usual");
  await act(async () => root.querySelectorAll<HTMLButtonElement>(".wl-days button")[1]?.click());
  expect(facts()).toBe("5.0 kWh · 2.0 kWh less than usual");
});

test("an hour can go back to the days when it could not be loaded", async () => {
  await show(NOW);
  load.mockRejectedValueOnce(new Error("no connection"));
  await press("Hours");
  expect(root.querySelector("[role=status]")).not.toBeNull();
  await press("Days");
  expect([rows(), step("Hours").disabled]).toEqual([2, false]);
});

test("the days are loaded once, however long the choice takes", async () => {
  await show(NOW);
  await show(NOW + 60_000);
  expect(load).toHaveBeenCalledOnce();
});
