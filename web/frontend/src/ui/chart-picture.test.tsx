// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Chart, type ChartProps } from "./chart.tsx";
import { energy, hourOf, midnight } from "./format.ts";
import type { Interval } from "./load-profile.ts";
import { chartMessages } from "./messages.ts";

/**
 * Whole drawings are compared as SVG text, not as pixels: fonts and their smoothing differ from machine to machine, while
 * each bar, gap, hatch, mark and label has its place in the text. The files open in any browser.
 */
const ZONE = "Europe/Bucharest";
const HOUR = 3_600_000;

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe(): void {}
      disconnect(): void {}
    },
  );
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(640);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(240);
});
afterEach(() => {
  vi.unstubAllGlobals();
  // The prototype is other files' too.
  vi.restoreAllMocks();
});

/** Return a day's hours; some are estimated, some missing, one is unusual. */
function hoursOf(day: string, next: string): { readonly from: number; readonly to: number; readonly bars: Interval[] } {
  const [from, to] = [midnight(day, ZONE), midnight(next, ZONE)];
  const bars = Array.from({ length: (to - from) / HOUR }, (_, place) => ({
    at: from + place * HOUR,
    to: from + (place + 1) * HOUR,
    wh: place === 18 ? 4_200 : 300 + 25 * (place % 8),
    estimated: place === 6 || place === 7 ? 1 : 0,
    unusual: place === 18,
  }));
  return { from, to, bars: bars.filter((_, place) => place < 10 || place > 12) };
}

function drawn(day: string, next: string, more: Partial<ChartProps> = {}): SVGSVGElement {
  const { from, to, bars } = hoursOf(day, next);
  const host = document.createElement("div");
  act(() =>
    render(
      <Chart
        {...{ bars, from, to, now: to }}
        t={chartMessages.en}
        lang="en"
        zone={ZONE}
        title={day}
        unit={chartMessages.en.perHour}
        place={(at) => hourOf("en", at, ZONE)}
        placeLong={(at) => hourOf("en", at, ZONE)}
        amount={(wh) => energy("en", wh)}
        summary=""
        {...more}
      />,
      host,
    ),
  );
  const svg = host.querySelector("svg");
  if (!svg) throw new Error("no drawing");
  return svg;
}

/** Return the drawing as text, one element a line, with numbers to a tenth of a pixel. */
const textOf = (svg: SVGSVGElement): string =>
  `${svg.outerHTML
    .replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="12"')
    .replaceAll(/wl-hatch-[\w-]+/g, "hatch")
    .replaceAll(/-?\d+\.\d+/g, (number) => String(Math.round(Number(number) * 10) / 10))
    .replaceAll("><", ">\n<")}\n`;

const DAYS = [
  ["23 hours", "2026-03-29", "2026-03-30", 23],
  ["25 hours", "2026-10-25", "2026-10-26", 25],
  ["24 hours", "2026-11-28", "2026-11-29", 24],
] as const;

describe("the picture of a day", () => {
  test.each(DAYS)("of %s with gap, estimates and an unusual hour is the committed one", async (_, day, next) => {
    await expect(textOf(drawn(day, next))).toMatchFileSnapshot(`chart-pictures/${day}.svg`);
  });

  test.each(DAYS)("of %s gives each hour the same width, and the missing ones theirs", (_, day, next, hours) => {
    const svg = drawn(day, next);
    expect(svg.querySelectorAll(".wl-chart-bar")).toHaveLength(hours - 3);
    const begins = [...svg.querySelectorAll(".wl-chart-bar > path:first-child")].map((path) =>
      Number(path.getAttribute("d")?.match(/^M([\d.]+)/)?.[1]),
    );
    const hour = (begins[1] ?? 0) - (begins[0] ?? 0);
    const steps = begins.slice(1).map((begin, place) => Math.round((begin - (begins[place] ?? 0)) / hour));
    expect(steps.filter((step) => step !== 1)).toEqual([4]); // three hours are missing
    expect(Number(svg.querySelector(".wl-chart-gap")?.getAttribute("width")) / hour).toBeCloseTo(3, 5);
    expect(svg.querySelectorAll('.wl-chart-bar > path[fill^="url"]')).toHaveLength(2);
    expect(svg.querySelectorAll(".wl-chart-odd")).toHaveLength(1);
  });

  test("shows a selection with an end to drag at each side, and the period that an agent shows", async () => {
    const { bars } = hoursOf("2026-11-28", "2026-11-29");
    const [from, to] = [bars[14]?.at ?? 0, (bars[17]?.at ?? 0) + HOUR];
    const svg = drawn("2026-11-28", "2026-11-29", {
      selected: { first: 14, last: 17 },
      shown: { from: from - 2 * HOUR, to },
      onSelect: () => undefined,
    });
    await expect(textOf(svg)).toMatchFileSnapshot("chart-pictures/selected.svg");
    const [begin, end] = [...svg.querySelectorAll(".wl-chart-handle")].map((each) => Number(each.getAttribute("x")));
    const band = svg.querySelector(".wl-chart-band");
    expect([begin, end].map((x) => (x ?? 0) + 4)).toEqual([
      Number(band?.getAttribute("x")),
      Number(band?.getAttribute("x")) + Number(band?.getAttribute("width")),
    ]);
  });

  test("shows no ends to drag where they would overlap: a press there begins anew", () => {
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(390);
    const selected = (last: number) =>
      drawn("2026-11-28", "2026-11-29", { selected: { first: 14, last }, onSelect: () => undefined });
    const ends = [14, 15].map((last) => selected(last).querySelectorAll(".wl-chart-handle").length);
    expect(ends).toEqual([0, 2]);
  });

  test("names a gap that is wide enough, and leaves the page the room above", () => {
    const { from, to, bars } = hoursOf("2026-11-28", "2026-11-29");
    const gapsOf = (svg: SVGSVGElement) =>
      [...svg.querySelectorAll(".wl-chart-gap-name")].map((each) => each.textContent);
    expect(gapsOf(drawn("2026-11-28", "2026-11-29"))).toEqual([]);
    const svg = drawn("2026-11-28", "2026-11-29", { bars: bars.slice(10), from, to, headroom: 24 });
    expect(gapsOf(svg)).toEqual(["no readings"]);
    expect(svg.querySelector(".wl-chart-gap")?.getAttribute("y")).toBe("46");
  });

  test("shows the pointed bar's value on a plate above the lines, on no bar beside that is a little higher", () => {
    const { bars } = hoursOf("2026-11-28", "2026-11-29");
    const line = (more: number) => ({ name: "usual", wh: bars.map(({ wh }) => wh + more) });
    const svg = drawn("2026-11-28", "2026-11-29", { beside: line(150), usual: line(250) });
    const heightOf = (path: Element | null | undefined) =>
      Math.min(...[...(path?.getAttribute("d") ?? "").matchAll(/^M[\d.]+ [\d.]+V([\d.]+)/g)].map(([, y]) => Number(y)));
    const drawnBars = [...svg.querySelectorAll(".wl-chart-bar > path:first-child")];
    const place = Number(/^M([\d.]+)/.exec(drawnBars[2]?.getAttribute("d") ?? "")?.[1]);
    act(() => void svg.dispatchEvent(new PointerEvent("pointermove", { clientX: place + 4, bubbles: true })));
    const plate = svg.querySelector(".wl-chart-plate");
    const [left, top, width, height] = ["x", "y", "width", "height"].map((name) => Number(plate?.getAttribute(name)));
    const end = (left ?? 0) + (width ?? 0);
    const bottom = (top ?? 0) + (height ?? 0);
    const corners = [...svg.querySelectorAll(".wl-chart-beside, .wl-chart-usual")].flatMap((path) =>
      [...(path.getAttribute("d") ?? "").matchAll(/[ML]([\d.]+) ([\d.]+)H([\d.]+)/g)].map((found) => found.map(Number)),
    );
    const near = corners.filter(([, from, , to]) => (to ?? 0) > (left ?? 0) && (from ?? 0) < end);
    expect(near.length).toBeGreaterThan(4);
    for (const [, , y] of near) expect(bottom).toBeLessThan(y ?? 0);
    expect(bottom).toBeLessThan(heightOf(drawnBars[3]));
    const text = svg.querySelector(".wl-chart-value");
    expect(text?.textContent).toBe("0.35 kWh");
    expect(text?.previousElementSibling).toBe(plate); // drawn before its text and after all lines
    expect([...svg.children].indexOf(plate as Element)).toBeGreaterThan(
      [...svg.children].indexOf(svg.querySelector(".wl-chart-usual") as Element),
    );
  });

  test("is dragged by an end: the other one stays", () => {
    const chosen: unknown[] = [];
    const svg = drawn("2026-11-28", "2026-11-29", {
      selected: { first: 14, last: 17 },
      onSelect: (selected) => chosen.push(selected),
    });
    const handle = svg.querySelectorAll(".wl-chart-handle")[1];
    const atEnd = Number(handle?.getAttribute("x")) + 4;
    act(() => void svg.dispatchEvent(new PointerEvent("pointerdown", { clientX: atEnd, bubbles: true })));
    act(
      () => void svg.dispatchEvent(new PointerEvent("pointermove", { clientX: atEnd + 30, buttons: 1, bubbles: true })),
    );
    expect(chosen).toEqual([{ first: 14, last: 19 }]);
  });
});
