/**
 * Draw a year of quarter-hours as a curve with uPlot. A chunk of its own: a part shared with pages would be one that
 * every page waits for.
 */

import uPlot from "uplot";

import type { Gap } from "./chart-layout.ts";
import type { Lang } from "./messages.ts";
import { colour, keepPlotted, looksOf, type Pointing, plotOptions } from "./plot.ts";
import { type Curve, firstOf } from "./quarters.ts";

export interface CurveOptions extends Pointing {
  readonly lang: Lang;
  readonly curve: Curve;
  /** The axis' ends, which need not be the curve's. */
  readonly from: number;
  readonly to: number;
  readonly gaps: readonly Gap[];
  /** Says "no readings" in a gap that has the room. */
  readonly gapName: string;
  /** The times to label under the curve in so many CSS pixels. */
  readonly places: (width: number) => readonly number[];
  readonly place: (at: number) => string;
  /** The levels of the power axis in W, from 0 to the highest value or above. */
  readonly levels: readonly number[];
  /** When unusual days begin: a mark stands above the highest point of each. */
  readonly marks: readonly number[];
}

/** A mark's size in CSS pixels, as the bars' marks have it. */
const MARK_WIDTH = 8;
const MARK_HEIGHT = 5.5;
const MARK_SPACE = 4;
const DAY_MS = 86_400_000;

export type DrawnCurve = ReturnType<typeof drawCurve>;

/** The room of a letter of the power axis in CSS pixels, as the bars' axis has it. */
const LETTER = 8.6;

/** Draw into the host; follow its size and the theme until destroyed. */
export function drawCurve(host: HTMLElement, first: CurveOptions) {
  let options = first;
  const data = (): uPlot.AlignedData => [options.curve.at as number[], options.curve.w as (number | null)[]];
  const make = (): uPlot => {
    const { axis, small, gap } = looksOf(host);
    const odd = colour(host, "--wl-chart-odd");
    const [band, name] = [colour(host, "--wl-line"), colour(host, "--wl-muted")];
    const { hooks, ...shared } = plotOptions(host, {
      onPoint: (index) => options.onPoint(index),
      onSelect: options.onSelect && ((from, to) => options.onSelect?.(from, to)),
    });
    return new uPlot(
      {
        ...shared,
        hooks: {
          ...hooks,
          drawAxes: [(self: uPlot) => drawGaps(self, options, { band, name, font: String(axis.font) })],
          draw: [(self: uPlot) => drawMarks(self, options, odd)],
        },
        padding: [gap + MARK_HEIGHT, 0, 0, 0],
        scales: {
          x: { time: false, range: () => [options.from, options.to] },
          y: { range: (_, low) => [Math.min(0, low), options.levels.at(-1) || 1] },
        },
        axes: [
          {
            ...axis,
            size: small + gap,
            grid: { show: false },
            splits: (self) => [...options.places(self.bbox.width / dotsOf(self))],
            values: (_, splits) => splits.map((at) => options.place(at)),
          },
          {
            ...axis,
            size: (_, names) => LETTER * (1 + Math.max(0, ...(names ?? []).map(({ length }) => length))),
            grid: { stroke: colour(host, "--wl-chart-grid"), width: 1 },
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

/** Return the canvas' pixels of a CSS pixel. */
const dotsOf = (self: uPlot): number => self.ctx.canvas.width / self.width;

/** Draw a pale band, as high as the plot, where nothing was read. */
function drawGaps(
  self: uPlot,
  { gaps, gapName }: CurveOptions,
  looks: { readonly band: string; readonly name: string; readonly font: string },
): void {
  const { ctx, bbox } = self;
  const dots = dotsOf(self);
  ctx.save();
  ctx.font = looks.font.replace(/^[\d.]+/u, (px) => String(Number(px) * dots));
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (const { at, to } of gaps) {
    const [begin, end] = [self.valToPos(at, "x", true), self.valToPos(to, "x", true)];
    ctx.fillStyle = looks.band;
    ctx.fillRect(begin, bbox.top, end - begin, bbox.height);
    ctx.fillStyle = looks.name;
    if (end - begin > (gapName.length + 2) * LETTER * dots)
      ctx.fillText(gapName, (begin + end) / 2, bbox.top + bbox.height / 2);
  }
  ctx.restore();
}

/** Draw a triangle above the highest point of each unusual day. */
function drawMarks(self: uPlot, { curve, marks }: CurveOptions, fill: string): void {
  const { ctx } = self;
  const dots = dotsOf(self);
  ctx.save();
  ctx.fillStyle = fill;
  for (const begin of marks) {
    const [first, after] = [begin, begin + DAY_MS].map((at) => firstOf(curve.at, (each) => each >= at)) as [
      number,
      number,
    ];
    const w = curve.w.slice(first, after);
    const highest = Math.max(0, ...w.map((each) => each ?? 0));
    const at = curve.at[first + Math.max(0, w.indexOf(highest))];
    if (at === undefined) continue;
    const x = self.valToPos(at, "x", true);
    const y = self.valToPos(highest, "y", true) - MARK_SPACE * dots;
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x - (MARK_WIDTH / 2) * dots, y - MARK_HEIGHT * dots);
    ctx.lineTo(x + (MARK_WIDTH / 2) * dots, y - MARK_HEIGHT * dots);
    ctx.fill();
  }
  ctx.restore();
}
