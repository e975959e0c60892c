/**
 * Draw a year of quarter-hours as a curve with uPlot. A chunk of its own: a part shared with pages would be one that
 * every page waits for.
 */

import uPlot from "uplot";

import { colour, keepPlotted, looksOf } from "./plot.ts";
import type { Curve } from "./quarters.ts";

export interface CurveOptions {
  readonly curve: Curve;
  /** The label under the curve. */
  readonly place: (at: number) => string;
  /** The index under the pointer or the arrow keys; null for none. */
  readonly onPoint: (index: number | null) => void;
  /** A piece was selected by dragging; without it selecting is off. */
  readonly onSelect?: ((from: number, to: number) => void) | undefined;
}

export interface DrawnCurve {
  update(options: CurveOptions): void;
  /** Points at one index, for the arrow keys: a day is too few pixels to find by position. */
  point(index: number): void;
  destroy(): void;
}

/** Space above the highest value. */
const HEAD_ROOM = 1.05;
const LABELS = 4;

/** Draw into the host; follow its size and the theme until destroyed. */
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
