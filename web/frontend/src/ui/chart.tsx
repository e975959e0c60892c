import type { TargetedKeyboardEvent, TargetedPointerEvent } from "preact";
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";

import { type Bar, type Beside, gapsOf, isMonth, labelled, lengthOf, stepsTo, withEnds } from "./chart-layout.ts";
import { ChartTable } from "./chart-table.tsx";
import { kilowattHours, whenNear, type Zone } from "./format.ts";
import type { Interval } from "./load-profile.ts";
import type { ChartTexts, Lang } from "./messages.ts";

/** Indices of the first and the last selected bar. */
export interface Selected {
  readonly first: number;
  readonly last: number;
}

export interface ChartProps {
  readonly bars: readonly Interval[];
  /** The axis' ends; the bars' own by default. */
  readonly from?: number;
  readonly to?: number;
  readonly now: number;
  /** Until when energy is known (`knownUntil`); a bar that ends later runs. */
  readonly until?: number;
  readonly beside?: Beside | undefined;
  /** A second, dashed line; of the board alone. */
  readonly usual?: Beside;
  readonly t: ChartTexts;
  readonly lang: Lang;
  readonly zone?: Zone;
  /** Such as "Energy per day, 1–30 Nov 2026". */
  readonly title: string;
  /** How to select, for a screen reader. */
  readonly hint?: string;
  /** Such as "kWh per hour". */
  readonly unit: string;
  /** A bar's label: short under the axis, long in the read-out. */
  readonly place: (at: number) => string;
  readonly placeLong: (at: number) => string;
  /** The name of the axis' end, where it has room for one. */
  readonly endPlace?: string | undefined;
  /** Args: most: the largest amount of a table's smaller column. */
  readonly amount: (wh: number, most?: number) => string;
  /** The room that a label under the axis needs; else a day's and month's. */
  readonly namePx?: number | undefined;
  /** The text under the chart while no bar is pointed at. */
  readonly summary: string;
  /** Small, with the table for screen readers only. */
  readonly isCard?: boolean;
  /** So many pixels above the drawing are the page's. */
  readonly headroom?: number;
  readonly selected?: Selected | null;
  /** A period that an agent shows the client. */
  readonly shown?: { readonly from: number; readonly to: number } | null;
  /** Selects a period: a tap, a drag, Enter, or the arrows with Shift. Null ends it. */
  readonly onSelect?: ((selected: Selected | null) => void) | undefined;
  /** Something is always selected: Escape ends nothing here. */
  readonly keepsSelection?: boolean;
  /** Enter on what is selected. Enter on another bar selects that. */
  readonly onConfirm?: () => void;
}

const ARROWS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

const isIn = ({ first, last }: Selected, index: number): boolean => index >= first && index <= last;
const between = (one: number, other: number): Selected => ({ first: Math.min(one, other), last: Math.max(one, other) });

/** Show energy over time as bars, with a line of text and a table. */
export function Chart(props: ChartProps) {
  const { t, title, placeLong, amount, summary, now, until = now, lang, zone, onSelect, selected = null } = props;
  const beside = __DESK__ ? props.beside : undefined; // the widget compares with nothing
  const bars = useMemo(() => withEnds(props.bars), [props.bars]);
  const host = useRef<HTMLDivElement>(null);
  const anchor = useRef<number | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const size = useSize(host);
  const last = bars.length - 1;

  const isOnSelected = selected && (pointed === null || isIn(selected, pointed));
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    const by = ARROWS[event.key];
    if (by !== undefined && last >= 0) {
      event.preventDefault();
      // What ended begins no other selection.
      if (__DESK__ && !selected) anchor.current = null;
      // From the end of the selection that moves, where a mouse that left the chart points at nothing.
      const from =
        pointed ?? (__DESK__ && selected ? (anchor.current === selected.first ? selected.last : selected.first) : null);
      const next = Math.min(last, Math.max(0, from === null ? (by > 0 ? 0 : last) : from + by));
      setPointed(next);
      if (event.shiftKey) onSelect?.(between((anchor.current ??= from ?? next), next));
      else anchor.current = next;
    } else if (event.key === "Enter" && onSelect) {
      event.preventDefault();
      if (isOnSelected) props.onConfirm?.();
      else if (pointed !== null) onSelect(between(pointed, pointed));
    } else if (event.key === "Escape" && selected && onSelect && !props.keepsSelection) {
      event.stopPropagation();
      onSelect(null);
    }
  };
  const bar = pointed === null ? undefined : bars[pointed];
  // What is selected is told where the question is asked.
  const isAsked = isOnSelected && !props.keepsSelection;
  const besideOf = (index: number): string => {
    const wh = beside?.wh[index] ?? null;
    return wh === null ? "" : amount(wh);
  };
  const facts = (each: Bar, index: number): string[] =>
    [
      amount(each.wh),
      notesOn(each, t),
      each.to > until ? t.until(whenNear(lang, until, dayIn(each, now), zone)) : "",
      besideOf(index) && `${beside?.short ?? beside?.name}: ${besideOf(index)}`,
    ].filter(Boolean);
  const ends = bars[0] && `${t.barChart(title, placeLong(bars[0].at), placeLong(bars[last]?.at ?? 0))}. ${summary}`;
  return (
    <>
      <div
        ref={host}
        class={onSelect ? "wl-chart wl-chart-open" : "wl-chart"}
        role={onSelect ? "application" : "img"}
        tabIndex={0}
        aria-label={`${ends || title}${props.hint ? `. ${props.hint}` : ""}`}
        data-testid="chart"
        data-wattline-chart
        onKeyDown={onKeyDown}
        onBlur={() => setPointed(null)}
        onPointerLeave={(event) => event.pointerType === "mouse" && setPointed(null)}
      >
        {size && <Plot {...props} {...{ bars, until, size, pointed, anchor, setPointed }} />}
      </div>
      <p class="wl-chart-line wl-number" aria-live={pointed === null ? "off" : "polite"} data-wattline-chart>
        {(bar && !isAsked ? [placeLong(bar.at), ...facts(bar, pointed ?? 0)] : summary ? summary.split(" · ") : []).map(
          (fact, place) => (
            <span key={fact}>
              {place > 0 && <span> · </span>}
              {fact}
            </span>
          ),
        )}
      </p>
      {__DESK__ && !props.isCard && <Legend {...props} {...{ bars, until }} />}
      <ChartTable
        {...{ t, title, bars, isCard: props.isCard ?? false, beside, placeLong, amount }}
        noteOf={(each) => notesOn(each, t)}
      />
    </>
  );
}

/** Return now, whose day is not named as the end of a bar that runs; for a month, where it is, a time of another day. */
const dayIn = (bar: Interval, now: number): number => (__DESK__ && isMonth(bar) ? 0 : now);

/** Half of its energy or more lies between readings that are far apart. */
const isEstimated = ({ estimated = 0 }: Interval): boolean => estimated >= 0.5;

/** Return what is said of an interval beside its energy, such as "estimated · unusual"; "" for nothing. */
const notesOn = (each: Interval, t: ChartTexts): string =>
  [isEstimated(each) && t.estimated, each.hoursWithout && `${t.gap}: ${each.hoursWithout} h`, unusualIn(each, t)]
    .filter(Boolean)
    .join(" · ");

/** Return "unusual", of a day whose hours alone are "unusual hours", or "". */
export const unusualIn = ({ unusual, unusualHours }: Interval, t: ChartTexts): string =>
  unusual ? t.unusual : unusualHours ? t.unusualHours : "";

interface Size {
  readonly width: number;
  readonly height: number;
}

function useSize(host: { readonly current: HTMLElement | null }): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useEffect(() => {
    const element = host.current;
    if (!element) return undefined;
    const measure = (): void => {
      const { clientWidth: width, clientHeight: height } = element;
      // A chart that is hidden keeps its size, and has none before it is shown: else its bars get a negative width.
      setSize((was) => (width === 0 || (was?.width === width && was.height === height) ? was : { width, height }));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  return size;
}

/** Sizes inside the drawing, in CSS pixels. */
const LETTER = 8.6;
const TEXT = 12;
const STEP_SPACE = 23;
const MOST_STEPS = 6;
const HEAD = 22;
const FOOT = 20;
const ROUND = 3;
const WIDEST = 64;
/** A mark's height and its distance to the bar. */
const MARK_SPACE = 10;
/** The height of a value's plate, and the room around it. */
const PLATE = 18;
const PLATE_SPACE = 5;

interface PlotProps extends ChartProps {
  readonly bars: readonly Bar[];
  readonly until: number;
  readonly size: Size;
  readonly pointed: number | null;
  readonly anchor: { current: number | null };
  readonly setPointed: (index: number | null) => void;
}

function Plot(props: PlotProps) {
  const {
    bars,
    size,
    pointed,
    anchor,
    setPointed,
    now,
    until,
    lang,
    t,
    onSelect,
    selected,
    shown,
    isCard = false,
  } = props;
  const beside = __DESK__ ? props.beside : undefined;
  const headroom = __DESK__ ? (props.headroom ?? 0) : 0;
  const head = HEAD + headroom;
  const hatch = `wl-hatch-${useId()}`;
  const from = props.from ?? bars[0]?.at ?? 0;
  const to = props.to ?? bars[bars.length - 1]?.to ?? 1;
  const gaps = gapsOf(bars, from, Math.min(to, now));
  const base = size.height - FOOT;
  // The axis goes so much higher that a mark has its room above its bar.
  const raised = (base - head) / Math.max(1, base - head - MARK_SPACE);
  const heights = bars.map((bar) => bar.wh * (unusualIn(bar, t) ? raised : 1));
  const highest = Math.max(0, ...heights, ...(beside?.wh ?? []).map((wh) => wh ?? 0));
  const room = Math.floor((size.height - head - FOOT) / STEP_SPACE);
  const steps = stepsTo(highest, isCard ? 3 : Math.max(2, Math.min(room, MOST_STEPS)));
  const top = steps[steps.length - 1] || 1;
  // As many digits at each step as the first one needs.
  const digits = [0, 1].find((each) => (steps[1] ?? 0) % (1000 / 10 ** each) === 0) ?? 2;
  const names = steps.map((wh) => kilowattHours(lang, wh, wh && digits));
  const left = Math.max(...names.map((name) => name.length)) * LETTER + LETTER;
  // A selection that ends with the axis can be dragged by a whole handle.
  const right = size.width - (onSelect ? HANDLE_WIDTH / 2 + 1 : 1);
  const x = (at: number): number => left + ((at - from) / (to - from)) * (right - left);
  const y = (wh: number): number => base - (wh / top) * (base - head);
  const spans = bars.map(({ at, to: end }): readonly [number, number] => {
    const [begin, width] = [x(at), x(end) - x(at)];
    const drawn = Math.min(WIDEST, width - Math.min(3, width * 0.2));
    return [begin + (width - drawn) / 2, drawn];
  });
  // The pointed bar's value stands above it and its mark; what is selected is told where the question is asked.
  const at = selected ? undefined : bars[pointed ?? -1];
  const value = at ? props.amount(at.wh) : "";
  const [begin, wide] = spans[pointed ?? -1] ?? [0, 0];
  const half = value.length * TEXT * 0.3 + PLATE_SPACE;
  const middle = Math.max(left + half, Math.min(begin + wide / 2, size.width - half));
  const own = at ? y(at.wh) - (unusualIn(at, t) ? MARK_SPACE : 0) : 0;
  // Also above the lines and bars beside that its plate reaches over, unless these lead away from its bar.
  const reached = bars.map((bar, index) =>
    x(bar.to) > middle - half && x(bar.at) < middle + half
      ? Math.max(bar.wh, beside?.wh[index] ?? 0, (__DESK__ && props.usual?.wh[index]) || 0)
      : 0,
  );
  const above = Math.max(Math.min(own, y(Math.max(...reached))), own - 2 * PLATE) - PLATE_SPACE;
  const plateY = Math.max(headroom + TEXT + 1, above - PLATE);
  const pxOf = (event: TargetedPointerEvent<SVGSVGElement>): number =>
    event.clientX - event.currentTarget.getBoundingClientRect().left;
  const indexAt = (event: TargetedPointerEvent<SVGSVGElement>): number | null => {
    const px = pxOf(event);
    const index = bars.findIndex((bar) => px >= x(bar.at) && px < x(bar.to));
    return index < 0 ? null : index;
  };
  return (
    <svg
      width={size.width}
      height={size.height}
      aria-hidden="true"
      focusable="false"
      onPointerMove={(event) => {
        const index = indexAt(event);
        if (index === null) return;
        setPointed(index);
        if (event.buttons === 1 && anchor.current !== null) onSelect?.(between(anchor.current, index));
      }}
      onPointerDown={(event) => {
        const held = selected && heldEnd(bars, selected, x, pxOf(event));
        anchor.current = held ?? indexAt(event);
        if (held !== null && held !== undefined) return;
        setPointed(anchor.current);
        if (anchor.current !== null) onSelect?.(between(anchor.current, anchor.current));
      }}
    >
      <pattern id={hatch} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path class="wl-chart-hatch" d="M1 0v5" />
      </pattern>
      {steps.map((wh, index) => (
        <g key={wh}>
          <path
            class={wh === 0 ? "wl-chart-axis" : "wl-chart-grid"}
            d={`M${left} ${Math.round(y(wh)) + 0.5}H${size.width}`}
          />
          <text x={left - LETTER} y={y(wh) + TEXT / 3} text-anchor="end">
            {names[index]}
          </text>
        </g>
      ))}
      <text y={headroom + TEXT - 2}>{props.unit}</text>
      {__DESK__ && shown && shown.from < to && shown.to > from && <PointedAt {...{ x, from, to, shown, head, base }} />}
      {selected && <Band {...{ x, bars, selected, head, base }} />}
      {[...gaps, ...bars.filter((bar) => bar.hoursWithout)].map(({ at, to: end }) => (
        <rect key={at} class="wl-chart-gap" x={x(at)} y={head} width={x(end) - x(at)} height={base - head} />
      ))}
      {gaps.map(
        ({ at, to: end }) =>
          x(end) - x(at) > (t.gap.length + 2) * LETTER && (
            <text
              key={at}
              class="wl-chart-gap-name"
              x={(x(at) + x(end)) / 2}
              y={(head + base) / 2}
              text-anchor="middle"
            >
              {t.gap}
            </text>
          ),
      )}
      {bars.map((bar, index) => {
        const [begin, width] = spans[index] ?? [0, 0];
        const isOut = selected && !isIn(selected, index);
        const look = [
          "wl-chart-bar",
          bar.unusual ? "wl-chart-odd" : "",
          bar.to > until || isOut ? "wl-chart-light" : "",
          index === pointed ? "wl-chart-pointed" : "",
        ];
        return (
          <g key={bar.at} class={look.filter(Boolean).join(" ")}>
            <path d={column(begin, width, y(bar.wh), base)} fill={isEstimated(bar) ? `url(#${hatch})` : undefined} />
            {unusualIn(bar, t) && (
              <path class="wl-chart-mark" d={`M${begin + width / 2 - 4} ${y(bar.wh) - MARK_SPACE}h8l-4 5.5z`} />
            )}
          </g>
        );
      })}
      {__DESK__ && props.usual && <path class="wl-chart-usual" d={stepLine(bars, props.usual.wh, x, y)} />}
      {__DESK__ && beside && <path class="wl-chart-behind" d={stepLine(bars, beside.wh, x, y)} />}
      {__DESK__ && beside && <path class="wl-chart-beside" d={stepLine(bars, beside.wh, x, y)} />}
      {labelled(bars, from, to, size.width - left, props.namePx).map((at) => {
        const index = bars.findIndex((bar) => bar.at === at);
        const [begin, width] = spans[index] ?? [x(at), x(at + (lengthOf(bars) ?? 0)) - x(at)];
        const name = props.place(at);
        const most = size.width - (name.length * TEXT * 0.6) / 2; // the last name ends with the drawing
        return (
          <text key={at} x={Math.min(begin + width / 2, most)} y={size.height - 3} text-anchor="middle">
            {name}
          </text>
        );
      })}
      {value !== "" && (
        <>
          <rect class="wl-chart-plate" x={middle - half} y={plateY} width={2 * half} height={PLATE} />
          <text class="wl-chart-value" x={middle} y={plateY + TEXT + 1} text-anchor="middle">
            {value}
          </text>
        </>
      )}
      {__DESK__ && props.endPlace && (
        <text x={size.width - 1} y={size.height - 3} text-anchor="end">
          {props.endPlace}
        </text>
      )}
      {selected && onSelect && isHeld(endsOf(bars, selected, x)) && <Handles {...{ x, bars, selected, head, base }} />}
    </svg>
  );
}

/** Return a bar with a round top; one that is not 0 is seen. */
function column(begin: number, width: number, y: number, base: number): string {
  const top = Math.min(y, base - 1);
  const round = Math.min(ROUND, width / 2, base - top);
  return `M${begin} ${base}V${top + round}q0-${round} ${round}-${round}h${width - 2 * round}q${round} 0 ${round} ${round}V${base}z`;
}

function stepLine(
  bars: readonly Bar[],
  values: readonly (number | null)[],
  x: (at: number) => number,
  y: (wh: number) => number,
): string {
  let end = -1;
  return bars
    .map(({ at, to }, index) => {
      const wh = values[index] ?? null;
      if (wh === null) return "";
      const joined = end === at ? `L${x(at)} ${y(wh)}` : `M${x(at)} ${y(wh)}`;
      end = to;
      return `${joined}H${x(to)}`;
    })
    .join("");
}

interface BandProps {
  readonly x: (at: number) => number;
  readonly bars: readonly Bar[];
  readonly selected: Selected;
  /** The plot's upper and lower end. */
  readonly head: number;
  readonly base: number;
}

/** The selected period, with its ends. */
function Band({ x, bars, selected, head, base }: BandProps) {
  const [begin, end] = endsOf(bars, selected, x);
  return (
    <>
      <rect class="wl-chart-band" x={begin} y={head - 4} width={Math.max(0, end - begin)} height={base - head + 4} />
      <path class="wl-chart-edge" d={`M${begin} ${head - 4}V${base}M${end} ${head - 4}V${base}`} />
    </>
  );
}

/** So far around a selection's end it can be dragged. */
const HANDLE_PX = 12;
const HANDLE_WIDTH = 8;
const HANDLE_HEIGHT = 22;

/** Return where a selection begins and ends. */
const endsOf = (bars: readonly Bar[], { first, last }: Selected, x: (at: number) => number) =>
  [x(bars[first]?.at ?? 0), x(bars[last]?.to ?? 0)] as const;

/** Return whether the ends can be dragged: between narrow ones a press begins anew. */
const isHeld = ([begin, end]: readonly [number, number]): boolean => end - begin >= 2 * HANDLE_PX;

/** Return the bar that stays when the end at `px` is dragged: the other end's; null when no end is there. */
function heldEnd(bars: readonly Bar[], selected: Selected, x: (at: number) => number, px: number): number | null {
  const ends = endsOf(bars, selected, x);
  if (!isHeld(ends)) return null;
  if (Math.abs(px - ends[0]) <= HANDLE_PX) return selected.last;
  return Math.abs(px - ends[1]) <= HANDLE_PX ? selected.first : null;
}

/** What a selection's ends are dragged by. */
function Handles({ x, bars, selected, head, base }: BandProps) {
  return (
    <>
      {endsOf(bars, selected, x).map((at, place) => (
        <rect
          key={place === 0 ? "begin" : "end"}
          class="wl-chart-handle"
          x={at - HANDLE_WIDTH / 2}
          y={(head + base - HANDLE_HEIGHT) / 2}
          width={HANDLE_WIDTH}
          height={HANDLE_HEIGHT}
          rx={HANDLE_WIDTH / 2}
        />
      ))}
    </>
  );
}

interface PointedAtProps extends Pick<BandProps, "x" | "head" | "base"> {
  readonly from: number;
  readonly to: number;
  readonly shown: { readonly from: number; readonly to: number };
}

/** Frame the period that an agent shows. */
function PointedAt({ x, from, to, shown, head, base }: PointedAtProps) {
  const [begin, end] = [x(Math.max(from, shown.from)), x(Math.min(to, shown.to))];
  return (
    <rect class="wl-chart-shown" x={begin} y={head - 4} width={Math.max(0, end - begin)} height={base - head + 4} />
  );
}

/** Name what is drawn, and nothing that is not. */
function Legend(props: ChartProps & Pick<PlotProps, "bars" | "until">) {
  const { bars, beside, usual, t, from, to, now, until, lang, zone, shown: pointedAt } = props;
  const running = bars.find(({ to: end = 0 }) => end > until);
  const hasGap =
    bars.some(({ hoursWithout }) => hoursWithout) ||
    gapsOf(bars, from ?? bars[0]?.at ?? 0, Math.min(to ?? 0, now)).length > 0;
  const shown = [
    ["measured", bars.some((bar) => (bar.to ?? 0) <= until && !isEstimated(bar)), t.measured],
    ["running", running, running && t.until(whenNear(lang, until, dayIn(running, now), zone))],
    ["estimated", bars.some(isEstimated), t.estimated],
    ["gap", hasGap, t.gap],
    ["unusual", bars.some((bar) => bar.unusual), t.unusual],
    ["hours", bars.some((bar) => bar.unusualHours && !bar.unusual), t.unusualHours],
    ...(__DESK__ ? [["usual", usual?.wh.some((wh) => wh !== null), usual?.name] as const] : []),
    ["beside", beside !== undefined, beside?.name],
    ["shown", pointedAt && pointedAt.from < (to ?? 0) && pointedAt.to > (from ?? 0), t.pointedAt],
  ] as const;
  return (
    <ul class="wl-legend" data-testid="legend" data-wattline-chart>
      {shown.map(
        ([name, isShown, text]) =>
          isShown && (
            <li key={name}>
              <i class={`wl-legend-${name}`} /> {text}
            </li>
          ),
      )}
    </ul>
  );
}
