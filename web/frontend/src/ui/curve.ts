/**
 * A year of quarter-hours as a curve, drawn by uPlot in the colours of the theme. A chunk of its own, as the bars': what it
 * shared with the pages would be a chunk too, and one that every page waits for.
 */

import uPlot from "uplot";

import { colour, keepPlotted, looksOf } from "./plot.ts";
import type { Curve } from "./quarters.ts";

export interface CurveOptions {
  readonly curve: Curve;
  /** What stands under the curve at this moment. */
  readonly place: (at: number) => string;
  /** The place under the pointer or the arrow keys; null when none is. */
  readonly onPoint: (index: number | null) => void;
  /** A piece was dragged over; without it nothing is selected. */
  readonly onSelect?: ((from: number, to: number) => void) | undefined;
}

export interface DrawnCurve {
  update(options: CurveOptions): void;
  /** Points at one place, for the arrow keys: a day has so few pixels that it cannot be found by them. */
  point(index: number): void;
  destroy(): void;
}

/** Above the highest value, so that a peak is no part of the edge. */
const HEAD_ROOM = 1.05;
const LABELS = 4;

/** Draws into the host, fits its size and follows the theme until destroyed. */
export function drawCurve(host: HTMLElement, first: CurveOptions): DrawnCurve {
  let options = first;
  let pointed: number | null = null;
  const data = (): uPlot.AlignedData => [options.curve.at as number[], options.curve.w as (number | null)[]];
  const make = (): uPlot => {
    const { axis, small, gap } = looksOf(host);
    return new uPlot(
      {
        width: host.clientWidth,
        height: host.clientHeight,
        padding: [gap, 0, 0, 0],
        legend: { show: false },
        cursor: {
          x: false,
          y: false,
          points: { show: false },
          drag: { x: options.onSelect !== undefined, y: false, setScale: false },
        },
        scales: {
          x: { time: false, range: (_, low, high) => [low, high] },
          y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * HEAD_ROOM : 1] },
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
          { show: false },
        ],
        series: [{}, { stroke: colour(host, "--wl-bar"), width: 1, points: { show: false } }],
        hooks: {
          setSelect: [
            (self) => {
              const { left, width } = self.select;
              if (width > 0) options.onSelect?.(self.posToVal(left, "x"), self.posToVal(left + width, "x"));
            },
          ],
          setCursor: [
            (self) => {
              const index = self.cursor.idx ?? null;
              if (index === pointed) return;
              pointed = index;
              options.onPoint(index);
            },
          ],
        },
      },
      data(),
      host,
    );
  };
  const kept = keepPlotted(host, make);
  return {
    update(next) {
      const same = next.place === options.place && !next.onSelect === !options.onSelect;
      options = next;
      if (same) kept.plot.setData(data());
      else kept.again();
    },
    point(index) {
      kept.plot.setCursor({ left: kept.plot.valToPos(options.curve.at[index] ?? 0, "x"), top: 0 }, false);
      pointed = index;
      options.onPoint(index);
    },
    destroy: kept.stop,
  };
}
