// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import { pageTimers } from "../link/timers.ts";
import { chartMessages, compareTextsFor, portalTextsFor } from "../ui/messages.ts";
import { Energy } from "./energy.tsx";

vi.stubGlobal("innerWidth", 1440);
const never = () => new Promise<never>(() => {});

test("a press on a bar, or a drag over several, brings a button that asks about exactly these hours; asked, the hours stay selected and the button goes", async () => {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(200);
  const root = document.body.appendChild(document.createElement("div"));
  const midnight = Date.UTC(2026, 10, 28);
  const hour = (n: number): number => midnight + n * 3_600_000;
  const points = [...Array(24).keys()].map((n) => ({ at: hour(n), to: hour(n + 1), wh: 500, w: null }));
  const load = async () => ({ points, last: { meter: "m-1", at: hour(24), w: null } });
  const ask = vi.fn();
  const texts = { t: portalTextsFor("en"), chart: chartMessages.en, compareTexts: compareTextsFor("en") };
  const outside = { tz: "UTC", now: hour(24) - 1, version: 0, timers: pageTimers };
  await act(() =>
    render(
      <Energy {...texts} {...outside} lang="en" load={load} loadStandard={never} ask={ask} pointedAt={null} />,
      root,
    ),
  );
  await vi.waitFor(() => expect(root.querySelector(".wl-chart svg")).not.toBeNull());
  const press = (type: string, share: number): Promise<void> => {
    const axis = root.querySelector(".wl-chart-axis")?.getAttribute("d") ?? "";
    const [left = 0, , right = 0] = axis.match(/[\d.]+/g)?.map(Number) ?? [];
    const clientX = left + share * (right - left);
    const event = new PointerEvent(type, { clientX, buttons: 1, bubbles: true });
    return act(() => void root.querySelector(".wl-chart svg")?.dispatchEvent(event));
  };
  const button = (): HTMLButtonElement | null => root.querySelector("[data-testid=asking] .wl-button-primary");
  const push = (): Promise<void> => act(() => button()?.click());

  expect(button()).toBeNull();
  await press("pointerdown", 10.5 / 24);
  expect(button()?.textContent).toContain("10:00–11:00");
  await push();
  expect(ask.mock.lastCall).toEqual([{ meter: "m-1", from: hour(10), to: hour(11) }]);
  expect([button(), root.querySelector(".wl-chart-band") !== null]).toEqual([null, true]);
  await press("pointerdown", 17.5 / 24);
  await press("pointermove", 19.5 / 24);
  await push();
  expect(ask.mock.lastCall).toEqual([{ meter: "m-1", from: hour(17), to: hour(20) }]);
  vi.stubGlobal("innerWidth", 390);
  await act(() => void dispatchEvent(new Event("resize")));
  await press("pointerdown", 17.5 / 24);
  await press("pointermove", 19.5 / 24);
  expect(button()?.textContent).toContain("Sat 28 Nov 17:00–20:00");
  const seen = vi.spyOn(HTMLElement.prototype, "scrollIntoView");
  await press("pointerup", 19.5 / 24);
  expect(seen.mock.contexts).toEqual([root.querySelector("[data-testid=asking]")]); // it may lie below the screen
  await push();
  expect([ask.mock.calls.length, button()]).toEqual([3, null]);
  expect(root.querySelector(".wl-chart-band")).toBeNull(); // the chat covers it
});

test("a day whose meter fell silent has its total until the newest reading, and compares that hour with no whole one", async () => {
  const root = document.body.appendChild(document.createElement("div"));
  const hour = (n: number): number => Date.UTC(2026, 10, 28, n);
  const points = [...Array(11).keys()].map((n) => ({
    ...{ at: hour(n), to: hour(n + 1), w: null },
    ...{ wh: n === 10 ? 60 : 500, usualWh: 500 },
  }));
  const load = async () => ({ points, last: { meter: "m-1", at: hour(10) + 360_000, w: null } });
  const texts = { t: portalTextsFor("en"), chart: chartMessages.en, compareTexts: compareTextsFor("en") };
  const outside = { tz: "UTC", now: hour(26), version: 0, timers: pageTimers };
  const props = { ...texts, ...outside, load, loadStandard: never, ask: vi.fn(), pointedAt: null };
  await act(() => render(<Energy {...props} lang="en" />, root));
  await act(() => root.querySelector<HTMLButtonElement>("[aria-label=Earlier]")?.click());
  await vi.waitFor(() => expect(root.querySelector("[data-testid=legend]")).not.toBeNull());
  expect(root.querySelector(".wl-sub")?.textContent?.replaceAll("\u00a0", " ")).toMatch(
    / · 5.1 kWh until Sat 28 Nov, 10:06$/u,
  );
  expect(root.querySelector("[data-testid=legend]")?.textContent).toContain("no readings");
});

test("a period without readings says when the last one came, and leads to the day of it", async () => {
  const root = document.body.appendChild(document.createElement("div"));
  const noon = Date.UTC(2026, 10, 28, 12);
  const load = async ({ from }: { readonly from: number }) => ({
    points: from > noon - 86_400_000 ? [{ at: from, to: from + 3_600_000, wh: 500, w: null }] : [],
    last: { meter: "m-1", at: noon, w: null },
  });
  const texts = { t: portalTextsFor("en"), chart: chartMessages.en, compareTexts: compareTextsFor("en") };
  const outside = { tz: "UTC", now: noon, version: 0, timers: pageTimers };
  await act(() =>
    render(
      <Energy {...texts} {...outside} lang="en" load={load} loadStandard={never} ask={vi.fn()} pointedAt={null} />,
      root,
    ),
  );
  await vi.waitFor(() => expect(root.querySelector(".wl-chart")).not.toBeNull());
  await act(() => root.querySelector<HTMLButtonElement>("[aria-label=Earlier]")?.click());
  await vi.waitFor(() =>
    expect(root.querySelector(".wl-nothing")?.textContent).toContain("No readings, 27 November 2026"),
  );
  const told = root.querySelector(".wl-nothing");
  expect(told?.textContent).toContain("Last reading: Sat, 28 Nov 2026, 12:00.");
  expect(told?.querySelector("button")?.textContent).toBe("Show Sat 28 Nov");
  await act(() => told?.querySelector("button")?.click());
  await vi.waitFor(() => expect(root.querySelector(".wl-chart")).not.toBeNull());
});

test("an empty month has no total and nothing to compare, and leads to the next month with readings", async () => {
  const root = document.body.appendChild(document.createElement("div"));
  const [november, december] = [Date.UTC(2026, 10, 1), Date.UTC(2026, 11, 1)];
  const load = async ({ from, to }: { readonly from: number; readonly to: number }) => ({
    points: [november, december].filter((at) => at >= from && at < to).map((at) => ({ at, wh: 500, w: null })),
    last: { meter: "m-1", at: december + 3_600_000, w: null },
  });
  const texts = { t: portalTextsFor("en"), chart: chartMessages.en, compareTexts: compareTextsFor("en") };
  const outside = { tz: "UTC", now: december + 7_200_000, version: 0, timers: pageTimers };
  await act(() =>
    render(
      <Energy {...texts} {...outside} lang="en" load={load} loadStandard={never} ask={vi.fn()} pointedAt={null} />,
      root,
    ),
  );
  const press = (name: string) =>
    act(() =>
      [...root.querySelectorAll("button")]
        .find((each) => each.getAttribute("aria-label") === name || each.textContent === name)
        ?.click(),
    );
  await press("Month");
  for (const _ of [november, december]) await press("Earlier");
  await vi.waitFor(() => expect(root.querySelector(".wl-nothing button")?.textContent).toBe("Show Nov 2026"));
  expect(root.querySelector<HTMLSelectElement>("select")?.disabled).toBe(true);
  expect(root.querySelector(".wl-sub")?.textContent).toBe("1–31 October 2026");
});

test("a month's difference to the usual names how many of its whole days it compares", async () => {
  const root = document.body.appendChild(document.createElement("div"));
  const day = (n: number): number => Date.UTC(2026, 10, n);
  const points = [...Array(30).keys()].map((n) => ({
    at: day(n + 1),
    to: day(n + 2),
    wh: n === 20 ? 90_000 : 11_000,
    w: null,
    ...(n >= 7 && { usualWh: 10_000 }),
    hoursWithout: n === 20 ? 3 : 0,
  }));
  const load = async () => ({ points, last: { meter: "m-1", at: day(31), w: null } });
  const texts = { t: portalTextsFor("en"), chart: chartMessages.en, compareTexts: compareTextsFor("en") };
  const outside = { tz: "UTC", now: day(31), version: 0, timers: pageTimers };
  await act(() =>
    render(
      <Energy {...texts} {...outside} lang="en" load={load} loadStandard={never} ask={vi.fn()} pointedAt={null} />,
      root,
    ),
  );
  const month = [...root.querySelectorAll("button")].find(({ textContent }) => textContent === "Month");
  await act(() => month?.click());
  await vi.waitFor(() =>
    expect(root.querySelector(".wl-chart-line")?.textContent).toContain(
      "10% more than usual · days compared: 22 of 30",
    ),
  );
});
