/** Draw the bars of a load profile with uPlot, in the theme's colours. A chunk that loads with the first chart. */

import uPlot from "uplot";

import { colour, keepPlotted, looksOf, type Pointing, plotOptions } from "./plot.ts";

export interface Bar {
  readonly at: number;
  readonly wh: number;
  /** Far more than usual. */
  readonly unusual: boolean;
}

export interface BarOptions extends Pointing {
  readonly bars: readonly Bar[];
  /** A dashed line over the bars, a value for each; null leaves a gap. */
  readonly beside?: readonly (number | null)[] | undefined;
  /** The label under a bar. */
  readonly place: (at: number) => string;
  readonly amount: (wh: number) => string;
  readonly axes: boolean;
}

export type BarChart = ReturnType<typeof drawBars>;

/** A bar's share of its width; the rest is the gap. Narrow bars need a wider gap, or it rounds to nothing. */
const BAR_SHARE = 0.88;
const NARROW_SHARE = 0.76;
const NARROW_PX = 12;
/** The widest bar of a short period. */
const WIDEST_PX = 48;
const ROUNDING_PX = 3;
const BESIDE_PX = 1.5;
const BESIDE_DASH = [4, 3];

/** Draw into the host; follow its size and the theme until destroyed. */
export function drawBars(host: HTMLElement, first: BarOptions) {
  let options = first;
  let pointed: number | null = null;

  const make = (): uPlot => {
    const usual = colour(host, "--wl-bar");
    const unusual = colour(host, "--wl-warn");
    const line = colour(host, "--wl-line");
    const { axis, small, gap } = looksOf(host);
    const placeWidth = host.clientWidth / Math.max(1, options.bars.length);
    const share = placeWidth < NARROW_PX ? NARROW_SHARE : BAR_SHARE;
    const bars = uPlot.paths.bars?.({
      size: [share, WIDEST_PX, 1],
      radius: [ROUNDING_PX / Math.max(NARROW_PX, Math.min(WIDEST_PX, placeWidth * share)), 0],
      disp: {
        fill: {
          unit: 3 as uPlot.Series.BarsPathBuilderFacetUnit,
          values: () => options.bars.map((bar) => (bar.unusual ? unusual : usual)),
        },
      },
    });
    return new uPlot(
      {
        ...plotOptions(host, {
          onPoint(index) {
            pointed = index;
            options.onPoint(index);
          },
          onSelect: options.onSelect && ((from, to) => options.onSelect?.(nearest(from), nearest(to))),
        }),
        padding: options.axes ? [gap, 0, 0, 0] : [0, 0, 0, 0],
        scales: {
          x: { time: false, range: (_, low, high) => [low - 0.5, high + 0.5] },
          y: { range: (_, __, high) => [0, high > 0 ? high * 1.05 : 1] },
        },
        axes: [
          {
            ...axis,
            show: options.axes,
            size: small + 2 * gap,
            grid: { show: false },
            splits: (self) => every(options.bars.length, Math.max(2, Math.floor(self.width / (small * 5)))),
            values: (_, splits) => splits.map((index) => options.place(options.bars[index]?.at ?? 0)),
          },
          {
            ...axis,
            show: options.axes,
            // As wide as the longest label: a character is about 0.62 of the size.
            size: (_, values) => Math.max(...(values ?? [""]).map((label) => label.length)) * small * 0.62 + gap,
            space: small * 3,
            grid: { stroke: line, width: 1 },
            values: (_, splits) => splits.map((wh) => options.amount(wh)),
          },
        ],
        series: [
          {},
          { width: 0, fill: usual, points: { show: false }, ...(bars ? { paths: bars } : {}) },
          ...(options.beside
            ? [{ stroke: colour(host, "--wl-text"), width: BESIDE_PX, dash: BESIDE_DASH, points: { show: false } }]
            : []),
        ],
      },
      data(),
      host,
    );
  };

  const nearest = (place: number): number => Math.min(options.bars.length - 1, Math.max(0, Math.round(place)));
  const data = (): uPlot.AlignedData => {
    const { bars, beside } = options;
    return [
      bars.map((_, index) => index),
      bars.map((bar) => bar.wh),
      ...(beside ? [bars.map((_, index) => beside[index] ?? null)] : []),
    ];
  };

  const kept = keepPlotted(host, make);

  return {
    update(next: BarOptions): void {
      const same =
        !next.beside === !options.beside &&
        next.axes === options.axes &&
        next.place === options.place &&
        next.amount === options.amount;
      options = next;
      if (same) kept.plot.setData(data());
      else kept.again();
    },
    /** Moves the pointed-at bar, for the arrow keys. */
    step(by: number): void {
      if (options.bars.length === 0) return;
      const last = options.bars.length - 1;
      const index = Math.min(last, Math.max(0, pointed === null ? (by > 0 ? 0 : last) : pointed + by));
      kept.plot.setCursor({ left: kept.plot.valToPos(index, "x"), top: 0 });
    },
    destroy: kept.stop,
  };
}

/** Return at most `most` indices of n, evenly, so that labels never touch. */
export function every(n: number, most: number): number[] {
  const step = Math.max(1, Math.ceil(n / most));
  const places: number[] = [];
  for (let index = 0; index < n; index += step) places.push(index);
  return places;
}
