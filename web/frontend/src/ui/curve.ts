/**
 * Draw a year of quarter-hours as a curve with uPlot. A chunk of its own: a part shared with pages would be one that
 * every page waits for.
 */

import uPlot from "uplot";

import type { Lang } from "./messages.ts";
import { colour, keepPlotted, looksOf, type Pointing, plotOptions } from "./plot.ts";
import type { Curve } from "./quarters.ts";

export interface CurveOptions extends Pointing {
  readonly lang: Lang;
  readonly curve: Curve;
  /** The label under the curve. */
  readonly place: (at: number) => string;
  /** The levels of the power axis in W, from 0 to the highest value or above. */
  readonly levels: readonly number[];
}

export type DrawnCurve = ReturnType<typeof drawCurve>;

const LABELS = 4;

/** Draw into the host; follow its size and the theme until destroyed. */
export function drawCurve(host: HTMLElement, first: CurveOptions) {
  let options = first;
  const data = (): uPlot.AlignedData => [options.curve.at as number[], options.curve.w as (number | null)[]];
  const make = (): uPlot => {
    const { axis, small, gap } = looksOf(host);
    return new uPlot(
      {
        ...plotOptions(host, {
          onPoint: (index) => options.onPoint(index),
          onSelect: options.onSelect && ((from, to) => options.onSelect?.(from, to)),
        }),
        padding: [gap, 0, 0, 0],
        scales: {
          x: { time: false, range: (_, low, high) => [low, high] },
          y: { range: (_, low) => [Math.min(0, low), options.levels.at(-1) || 1] },
        },
        axes: [
          {
            ...axis,
            size: small + 2 * gap,
            grid: { show: false },
            splits: (_, __, low, high) =>
              Array.from({ length: LABELS }, (___, place) => low + ((high - low) * (place + 0.5)) / LABELS),
            values: (_, splits) => splits.map((at) => options.place(at)),
          },
          {
            ...axis,
            size: small * 3,
            grid: { stroke: colour(host, "--wl-line"), width: 1 },
            splits: () => [...options.levels],
            values: (_, splits) => splits.map((w) => (w / 1000).toLocaleString(options.lang)),
          },
        ],
        series: [{}, { stroke: colour(host, "--wl-chart"), width: 1, points: { show: false } }],
      },
      data(),
      host,
    );
  };
  const kept = keepPlotted(host, make);
  return {
    update(next: CurveOptions): void {
      const same = next.place === options.place && !next.onSelect === !options.onSelect;
      options = next;
      if (same) kept.plot.setData(data());
      else kept.again();
    },
    /** Points at one index, for the arrow keys: a day is too few pixels to find by position. */
    point(index: number): void {
      kept.plot.setCursor({ left: kept.plot.valToPos(options.curve.at[index] ?? 0, "x"), top: 0 }, false);
      options.onPoint(index);
    },
    destroy: kept.stop,
  };
}
