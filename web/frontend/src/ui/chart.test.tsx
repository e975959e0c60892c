// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import { CardChart } from "./card-chart.tsx";
import { Chart, type ChartProps, type Selected } from "./chart.tsx";
import { energy } from "./format.ts";
import { chartMessages, textsFor } from "./messages.ts";

const HOUR = 3_600_000;
const TEXTS = { t: chartMessages.en, lang: "en", title: "Energy", unit: "kWh per hour", summary: "" } as const;

test("an estimated bar is hatched, an hour without readings keeps its place, and both axes have names", () => {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(200);
  const root = document.body.appendChild(document.createElement("div"));
  const hour = (n: number, estimated: number) => ({ at: n * HOUR, to: (n + 1) * HOUR, wh: 1_000, estimated });
  const place = (at: number): string => `${at / HOUR} h`;
  act(() =>
    render(
      <Chart
        {...{ place, placeLong: place, amount: String, now: 4 * HOUR, from: 0, to: 4 * HOUR }}
        bars={[hour(0, 0), hour(1, 1), hour(3, 0)]}
        {...TEXTS}
      />,
      root,
    ),
  );
  const filled = [...root.querySelectorAll(".wl-chart-bar > path")].map((bar) => bar.getAttribute("fill"));
  expect(filled.map((fill) => fill?.startsWith("url(#wl-hatch-") ?? false)).toEqual([false, true, false]);
  expect(root.querySelectorAll(".wl-chart-gap").length).toBe(1);
  const named = [...root.querySelectorAll("svg text")].map(({ textContent }) => textContent);
  expect(named).toEqual(expect.arrayContaining(["kWh per hour", "0", "0 h", "3 h"]));
  const legend = root.querySelector("[data-testid=legend]")?.textContent;
  expect([legend?.includes("estimated"), legend?.includes("no readings")]).toEqual([true, true]);
});

test("of a silent meter the last bar runs until its newest reading, and what follows is a gap, not a bar", () => {
  const root = document.body.appendChild(document.createElement("div"));
  const bars = [0, 1].map((n) => ({ at: n * HOUR, to: (n + 1) * HOUR, wh: 1_000 }));
  const at = { now: 5 * HOUR, until: 1.5 * HOUR, from: 0, to: 24 * HOUR, zone: "UTC" };
  act(() => render(<Chart {...{ place: String, placeLong: String, amount: String, bars }} {...at} {...TEXTS} />, root));
  const drawn = [...root.querySelectorAll(".wl-chart-bar")];
  expect(drawn.map((bar) => bar.classList.contains("wl-chart-light"))).toEqual([false, true]);
  expect(root.querySelectorAll(".wl-chart-gap").length).toBe(1);
  const legend = root.querySelector("[data-testid=legend]")?.textContent;
  expect([legend?.includes("until 01:30"), legend?.includes("no readings")]).toEqual([true, true]);
  act(() =>
    render(
      <Chart {...{ place: String, placeLong: String, amount: String, bars }} {...at} {...TEXTS} now={30 * HOUR} />,
      root,
    ),
  );
  expect(root.querySelector("[data-testid=legend]")?.textContent).toContain("until Thu 1 Jan, 01:30");
});

test("a month that runs is told until a day and its time, in the legend and where it is pointed at", () => {
  const root = document.body.appendChild(document.createElement("div"));
  const begins = [10, 11, 12].map((month) => Date.UTC(2026, month));
  const bars = [0, 1].map((n) => ({ at: begins[n] ?? 0, to: begins[n + 1] ?? 0, wh: 9_000 }));
  const now = Date.UTC(2026, 11, 2, 1);
  const props = { place: String, placeLong: String, amount: String, bars, now, zone: "UTC" };
  act(() => render(<Chart {...props} {...TEXTS} />, root));
  expect(root.querySelector("[data-testid=legend]")?.textContent).toContain("until Wed 2 Dec, 01:00");
  const left = new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true });
  act(() => void root.querySelector("[data-testid=chart]")?.dispatchEvent(left));
  expect(root.querySelector(".wl-chart-line")?.textContent).toContain("until Wed 2 Dec, 01:00");
});

test("a day of which only some hours are unusual has the mark and the words, and keeps its colour", () => {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  const root = document.body.appendChild(document.createElement("div"));
  const bars = [{ unusualHours: 2 }, { unusualHours: 2, unusual: true }, { unusualHours: 0 }, {}].map((day, n) => ({
    ...day,
    at: n * 24 * HOUR,
    to: (n + 1) * 24 * HOUR,
    wh: 9_000,
  }));
  act(() => render(<Chart {...{ place: String, placeLong: String, amount: String, now: 0, bars }} {...TEXTS} />, root));
  const drawn = [...root.querySelectorAll(".wl-chart-bar")];
  expect(drawn.map((bar) => bar.querySelectorAll(".wl-chart-mark").length)).toEqual([1, 1, 0, 0]);
  expect(drawn.map((bar) => bar.classList.contains("wl-chart-odd"))).toEqual([false, true, false, false]);
  const told = [...root.querySelectorAll("tbody td")].map(({ textContent }) => textContent);
  expect(told).toEqual(["unusual hours 9000", "unusual 9000", "9000", "9000"]);
  expect(root.querySelector("[data-testid=legend]")?.textContent).toContain("unusual hours");
});

test("all columns of the table have one number of decimals, that of the smaller amounts", () => {
  const root = document.body.appendChild(document.createElement("div"));
  const bars = [360, 1_100, 0].map((wh, n) => ({ at: n * HOUR, to: (n + 1) * HOUR, wh }));
  const beside = { name: "usual", wh: [480, 4, null] };
  const amount = (wh: number, most?: number) => energy("de", wh, most);
  const told = (more: Partial<ChartProps>): readonly (string | null)[] => {
    const props = { place: String, placeLong: String, amount, now: 0, bars, ...more };
    act(() => render(<Chart {...props} {...TEXTS} />, root));
    return [...root.querySelectorAll("tbody td")].map(({ textContent }) => textContent);
  };
  expect(told({ beside })).toEqual(["0,36 kWh", "0,48 kWh", "1,10 kWh", "0,00 kWh", "0,00 kWh", ""]);
  const high = bars.map((bar, n) => (n === 1 ? { ...bar, wh: 11_140 } : bar));
  expect(told({ bars: high, beside })).toEqual(["0,36 kWh", "0,48 kWh", "11,14 kWh", "0,00 kWh", "0,00 kWh", ""]);
  expect(told({ bars: high })).toEqual(["0,4 kWh", "11,1 kWh", "0,0 kWh"]);
});

test("a day without readings in some hours stands before a gap, and the table and the legend say so", () => {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  const root = document.body.appendChild(document.createElement("div"));
  const bars = [{ hoursWithout: 16 }, { hoursWithout: 0 }, {}].map((day, n) => ({
    ...day,
    at: n * 24 * HOUR,
    to: (n + 1) * 24 * HOUR,
    wh: 9_000,
  }));
  const now = 72 * HOUR;
  act(() => render(<Chart {...{ place: String, placeLong: String, amount: String, now, bars }} {...TEXTS} />, root));
  expect(root.querySelectorAll(".wl-chart-gap").length).toBe(1);
  const told = [...root.querySelectorAll("tbody td")].map(({ textContent }) => textContent);
  expect(told).toEqual(["no readings: 16 h 9000", "9000", "9000"]);
  expect(root.querySelector("[data-testid=legend]")?.textContent).toContain("no readings");
});

test("a chart that is hidden keeps its size, draws nothing before it is shown, and never a negative width", () => {
  const width = vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(0);
  const told: (() => void)[] = [];
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(tell: () => void) {
        told.push(tell);
      }
      observe(): void {}
      disconnect(): void {}
    },
  );
  const root = document.body.appendChild(document.createElement("div"));
  const bars = [0, 1].map((n) => ({ at: n * HOUR, to: (n + 1) * HOUR, wh: 1_000, estimated: 0 }));
  act(() => render(<Chart {...{ place: String, placeLong: String, amount: String, now: 0, bars }} {...TEXTS} />, root));
  const drawn = (): string | undefined => root.querySelector("svg")?.outerHTML;
  expect(drawn()).toBeUndefined();
  width.mockReturnValue(600);
  act(() => told.forEach((tell) => tell()));
  const shown = drawn();
  expect(shown).toContain('width="600"');
  width.mockReturnValue(0);
  act(() => told.forEach((tell) => tell()));
  expect(drawn()).toBe(shown);
  vi.unstubAllGlobals();
});

test("a selected bar is told where the question is asked, not again under the chart; another one is", () => {
  const root = document.body.appendChild(document.createElement("div"));
  const bars = [0, 1].map((n) => ({ at: n * HOUR, to: (n + 1) * HOUR, wh: (n + 1) * 1_000 }));
  const show = (more: Partial<ChartProps>): unknown =>
    act(() =>
      render(
        <Chart
          {...{ place: String, placeLong: String, amount: String, now: 2 * HOUR, bars, onSelect: vi.fn(), ...more }}
          selected={{ first: 1, last: 1 }}
          {...TEXTS}
        />,
        root,
      ),
    );
  const line = (): string | null | undefined => root.querySelector(".wl-chart-line")?.textContent;
  const press = (key: string): unknown =>
    act(() => void root.firstElementChild?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })));
  show({});
  press("ArrowRight");
  expect(line()).toBe("");
  press("ArrowLeft");
  expect(line()).toContain("1000");
  show({ keepsSelection: true, selected: { first: 0, last: 0 } });
  expect(line()).toContain("1000");
});

test.each([true, false])(
  "Enter keeps a range chosen with Shift, which begins at the bar pressed last (%s)",
  (confirms) => {
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
    vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(200);
    const root = document.body.appendChild(document.createElement("div"));
    const onConfirm = vi.fn();
    let selected: Selected | null = null;
    const show = (): unknown =>
      act(() =>
        render(
          <Chart
            {...{ place: String, placeLong: String, amount: String, now: 9 * HOUR, selected }}
            {...(confirms && { onConfirm })}
            bars={[...Array(9).keys()].map((n) => ({ at: n * HOUR, to: (n + 1) * HOUR, wh: 1_000 }))}
            onSelect={(next) => {
              selected = next;
              show();
            }}
            {...TEXTS}
          />,
          root,
        ),
      );
    const press = (key: string, shiftKey = false): unknown =>
      act(
        () =>
          void root.firstElementChild?.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true })),
      );
    const mouse = (type: string, share = 0): unknown =>
      act(
        () =>
          void root
            .querySelector(".wl-chart > svg")
            ?.dispatchEvent(new PointerEvent(type, { clientX: share * 600, pointerType: "mouse", bubbles: true })),
      );
    show();
    mouse("pointerdown", 0.5);
    expect(selected).toEqual({ first: 4, last: 4 });
    mouse("pointerleave");
    press("ArrowRight", true);
    press("ArrowRight", true);
    press("Enter");
    expect(selected).toEqual({ first: 4, last: 6 });
    press("ArrowLeft", true);
    expect(selected).toEqual({ first: 4, last: 5 });
    press("ArrowLeft");
    press("Enter");
    expect([selected, onConfirm.mock.calls.length]).toEqual([{ first: 4, last: 5 }, confirms ? 2 : 0]);
    press("ArrowLeft");
    press("Enter");
    expect(selected).toEqual({ first: 3, last: 3 }); // another bar than the chosen ones
    press("Escape");
    press("ArrowLeft", true);
    expect(selected).toEqual({ first: 2, last: 3 }); // not from where an ended selection began
  },
);

test("Enter selects a bar where nothing is to confirm; Escape closes what is around where a selection cannot end", () => {
  const root = document.body.appendChild(document.createElement("div"));
  const onSelect = vi.fn();
  const onConfirm = vi.fn();
  const heard = vi.fn();
  root.addEventListener("keydown", ({ key }) => heard(key));
  const show = (more: Partial<ChartProps>): unknown =>
    act(() =>
      render(
        <Chart
          {...{ place: String, placeLong: String, amount: String, now: 2 * HOUR, onSelect, ...more }}
          bars={[0, 1].map((n) => ({ at: n * HOUR, to: (n + 1) * HOUR, wh: 1_000 }))}
          selected={{ first: 1, last: 1 }}
          {...TEXTS}
        />,
        root,
      ),
    );
  const press = (key: string): unknown =>
    act(() => void root.firstElementChild?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })));
  show({ keepsSelection: true });
  press("ArrowLeft");
  press("Enter");
  expect(onSelect.mock.lastCall).toEqual([{ first: 0, last: 0 }]);
  press("Escape");
  expect([heard.mock.lastCall, onSelect.mock.calls.length]).toEqual([["Escape"], 1]);
  show({ keepsSelection: false, onConfirm });
  press("ArrowRight");
  press("Enter");
  expect(onConfirm).toHaveBeenCalledOnce();
  press("Escape");
  expect([heard.mock.lastCall, onSelect.mock.lastCall]).toEqual([["Enter"], [null]]);
});

test("a card of some hours names them on the board as the button that asked about them does", () => {
  const root = document.createElement("div");
  const card = { meter: "m-1", from: Date.UTC(2026, 10, 28, 17), to: Date.UTC(2026, 10, 28, 21) };
  const load = () => new Promise<never>(() => {});
  act(() => render(<CardChart t={textsFor("en")} now={card.to} zone="UTC" {...{ card, load }} />, root));
  expect(root.querySelector("strong")?.textContent).toBe("Sat 28 Nov, 17:00–21:00");
});
