/** Draw the reports' charts as SVG: bars by day, a small line, the hours of the week. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";

import type { DayCount, Report } from "../../link/desk-api.ts";
import { monthDay, shortDay, weekday, weekdayDay } from "../../ui/format.ts";
import type { PageProps } from "../state.ts";
import { isCompared } from "./report-words.ts";

/** Until the width is measured. */
const WIDTH = 640;
const HEIGHT = 260;
const LEFT = 34;
const TOP = 40;
const BOTTOM = 234;
/** The width of a letter or digit at most, for the room that a total and a name need. */
const LETTER = 8;
const BAR_AT_MOST = 64;
/** A bar's total stands in this room above it, or above the dashed line that crosses the room. */
const TOTAL_ROOM = 18;
/** Up to so many days are named by their weekday too. */
const NAMED_DAYS = 7;

const atNoon = (day: string): number => Date.parse(`${day}T12:00:00Z`);
/** Return "Mon 23". */
const weekdayNumber = (lang: PageProps["t"]["lang"], at: number, zone: string): string =>
  `${weekdayDay(lang, at, zone).split(" ")[0]} ${monthDay(lang, at, zone)}`;
/** Return 0 for a Monday. */
const weekdayOf = (day: string): number => (new Date(atNoon(day)).getUTCDay() + 6) % 7;

/** Return a round number at or above the value, and the distance of grid lines. */
function scaleTo(value: number): { readonly top: number; readonly step: number } {
  const rough = Math.max(1, value / 4);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factors = power > 1 ? [1, 2, 2.5, 5, 10] : [1, 2, 5, 10]; // there is no half a conversation
  const step = factors.map((each) => each * power).find((each) => each >= rough) ?? rough;
  return { top: Math.max(step, Math.ceil(value / step) * step), step };
}

/** A bar of a chart: its parts stand on one another. */
interface Bar {
  readonly key: string;
  readonly name: string;
  readonly says: string;
  readonly parts: readonly (readonly [mark: string, n: number])[];
  /** What the dashed line across it tells. */
  readonly before?: number;
  /** Its day or hour has not ended. */
  readonly isRunning: boolean;
}

const heightOf = ({ parts }: Bar): number => parts.reduce((sum, [, n]) => sum + n, 0);

interface BarsProps extends Pick<PageProps, "t"> {
  readonly label: string;
  readonly axis: string;
  /** What stands above the last bar. */
  readonly note?: string;
  readonly bars: readonly Bar[];
  /** So many bars from the left are of days before the record. */
  readonly missing?: number;
}

/** Return a bar a day: automatic at the foot, persons above it, open ones on top. Args: today: as "2026-11-29". */
export function dayBars(
  t: PageProps["t"],
  days: readonly DayCount[],
  before: readonly DayCount[],
  today: string,
): readonly Bar[] {
  const nameOf = (day: string): string =>
    day === today
      ? t.today
      : days.length > NAMED_DAYS
        ? shortDay(t.lang, atNoon(day), "UTC")
        : weekdayNumber(t.lang, atNoon(day), "UTC");
  return days.map(({ day, person, automatic, open }, place) => {
    const then = before[place];
    return {
      key: day,
      name: nameOf(day),
      says: t.daySays(shortDay(t.lang, atNoon(day), "UTC"), person, automatic, open),
      isRunning: day === today,
      parts: partsOf({ person, automatic, open }),
      ...(then && { before: sumOf(then) }),
    };
  });
}

/** Return an hour as "01". */
const two = (hour: number): string => String(hour).padStart(2, "0");

type Parts = Pick<DayCount, "person" | "automatic" | "open">;
/** Return a bar's parts from its foot on. */
const partsOf = ({ person, automatic, open }: Parts): Bar["parts"] => [
  ["wl-bar-automatic", automatic],
  ["wl-bar-person", person],
  ["wl-bar-open", open],
];
const sumOf = ({ person, automatic, open }: Parts): number => person + automatic + open;

/** Return a bar for each hour of one day. Args: running: the hour that it is now; null on another day. */
export function hourBars(t: PageProps["t"], found: Report, running: number | null): readonly Bar[] {
  const { hours = [], hours_before: before = [], days } = found;
  const day = days[0]?.day ?? "";
  const name = weekday(t.lang, atNoon(day), "UTC");
  return hours.map(({ hour, ...counts }, place) => {
    const then = before[place];
    const isPast = running === null || hour <= running;
    return {
      key: String(hour),
      name: two(hour),
      says: t.daySays(`${name}, ${two(hour)}:00`, counts.person, counts.automatic, counts.open),
      parts: partsOf(counts),
      isRunning: hour === running,
      ...(then && isCompared(found) && isPast && { before: sumOf(then) }),
    };
  });
}

/** Return the drawing's own width in CSS pixels, so that its text keeps its size. */
function useWidth() {
  const svg = useRef<SVGSVGElement>(null);
  const [width, setWidth] = useState(WIDTH);
  useLayoutEffect(() => {
    const element = svg.current;
    if (!element || typeof ResizeObserver === "undefined") return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth || WIDTH));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { svg, width };
}

/** Draw bars from left to right; a dashed line tells the period before. */
export function Bars({ t, label, axis, note, bars, missing = 0 }: BarsProps) {
  const { top, step } = scaleTo(Math.max(...bars.map((bar) => Math.max(heightOf(bar), bar.before ?? 0)), 1));
  const y = (n: number): number => BOTTOM - ((BOTTOM - TOP) * n) / top;
  const { svg, width: whole } = useWidth();
  const slot = (whole - LEFT) / bars.length;
  const every = Math.ceil((LETTER * (Math.max(...bars.map(({ name }) => name.length)) + 1)) / slot);
  const grid = Array.from({ length: Math.floor(top / step) + 1 }, (_, place) => place * step);
  return (
    <svg ref={svg} class="wl-report-chart" viewBox={`0 0 ${whole} ${HEIGHT}`} role="img" aria-label={label}>
      <text x="0" y="12">
        {axis}
      </text>
      <text x={whole} y="12" text-anchor="end">
        {note}
      </text>
      {missing > 0 && <rect class="wl-bar-missing" x={LEFT} width={slot * missing} y={TOP} height={BOTTOM - TOP} />}
      {grid.map((n) => (
        <g key={n}>
          <line class={n === 0 ? "wl-axis" : "wl-grid"} x1={LEFT} x2={whole} y1={y(n)} y2={y(n)} />
          <text x={LEFT - 8} y={y(n) + 4} text-anchor="end">
            {t.count(n)}
          </text>
        </g>
      ))}
      {bars.map((bar, place) => {
        const centre = LEFT + slot * (place + 0.5);
        const width = Math.min(slot * 0.6, BAR_AT_MOST);
        const x = centre - width / 2;
        let foot = 0;
        const { before } = bar;
        const thenY = before === undefined ? BOTTOM : y(before);
        const topY = y(heightOf(bar));
        const totalY = (thenY < topY && thenY > topY - TOTAL_ROOM ? thenY : topY) - 6;
        return (
          <g key={bar.key} class={bar.isRunning ? "wl-bar-running" : undefined}>
            {place >= missing && <title>{bar.says}</title>}
            {bar.parts.map(([name, n]) => {
              foot += n;
              return (
                n > 0 && (
                  <rect
                    key={name}
                    class={name}
                    x={x}
                    width={width}
                    y={y(foot)}
                    height={y(foot - n) - y(foot)}
                    rx={Math.min(2, width / 8)}
                  />
                )
              );
            })}
            {slot > LETTER * (t.count(top).length + 0.5) && heightOf(bar) > 0 && (
              <text class="wl-total" x={centre} y={totalY} text-anchor="middle">
                {t.count(heightOf(bar))}
              </text>
            )}
            {before !== undefined && (
              <path class="wl-compared" d={`M${centre - width * 0.7} ${thenY}h${width * 1.4}`} />
            )}
            {place % every === 0 && (
              <text x={centre} y={HEIGHT - 5} text-anchor="middle">
                {bar.name}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

/** Draw a value a day as a small line, from the lowest to the highest; a day without one is left out. */
export function Sparkline({ values }: { readonly values: readonly (number | null)[] }) {
  const known = values.flatMap((value, place) => (value === null ? [] : [{ value, place }]));
  if (known.length < 2) return null;
  const all = known.map(({ value }) => value);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  if (most === 0) return null;
  const y = (value: number): number => (most === least ? 13 : 23 - (20 * (value - least)) / (most - least));
  const points = known.map(({ value, place }) => `${(64 * place) / (values.length - 1)},${y(value)}`);
  return (
    <svg class="wl-spark" viewBox="0 0 64 26" preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(" ")} />
    </svg>
  );
}

/** Any Monday, to name the days of the week. */
const A_MONDAY = Date.UTC(2026, 10, 23, 12);
const DAY_MS = 86_400_000;
const LEVELS = 4;
/** Of so many hours one is named. */
const NAMED_HOURS = 3;

interface HeatMapProps extends Pick<PageProps, "t"> {
  readonly days: readonly DayCount[];
  readonly heat: readonly (readonly number[])[];
}

/** Show new conversations by weekday and hour as a table whose cells are darker where there are more. */
export function HeatMap({ t, heat, days }: HeatMapProps) {
  // A weekday outside a short period is no quiet one.
  const inPeriod = new Set(days.map(({ day }) => weekdayOf(day)));
  const most = Math.max(...heat.flat(), 1);
  // As many different numbers have each level: one busy hour, as of an outage, does not make all others alike.
  const numbers = [...new Set(heat.flat())].filter((n) => n > 0).sort((a, b) => a - b);
  const used = heat.flatMap((hours) => hours.flatMap((n, hour) => (n > 0 ? [hour] : [])));
  // Nights are left out where nobody writes.
  const [earliest, last] = [Math.min(...used, 8), Math.max(...used, 18)];
  const first = earliest - (earliest % NAMED_HOURS); // its column has a name
  const shown = Array.from({ length: last - first + 1 }, (_, place) => first + place);
  const level = (n: number): number => (n === 0 ? 0 : Math.ceil((LEVELS * (numbers.indexOf(n) + 1)) / numbers.length));
  const limits = Array.from({ length: LEVELS }, (_, each) => numbers.filter((n) => level(n) === each + 1));
  const name = (day: number): string => weekday(t.lang, A_MONDAY + day * DAY_MS, "UTC");
  const busy = heat.flatMap((hours, day) => hours.flatMap((n, hour) => (n === most ? [{ day, hour }] : [])));
  const [begin, end] = [busy.at(0), busy.at(-1)];
  // Of several that are alike none is the busiest, unless they are hours in a row.
  const areJoined = begin?.day === end?.day && busy.length - 1 === (end?.hour ?? 0) - (begin?.hour ?? 0);
  return (
    <div class="wl-heat-box" tabIndex={0} role="region" aria-label={t.whenWritten}>
      <table class={inPeriod.size < 7 ? "wl-heat wl-heat-few" : "wl-heat"}>
        <thead>
          <tr>
            <td />
            {shown.map((hour) => (
              <th key={hour} scope="col">
                {hour % NAMED_HOURS === 0 ? two(hour) : <span class="wl-hidden">{two(hour)}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {heat.map(
            (hours, day) =>
              inPeriod.has(day) && (
                <tr key={day}>
                  <th scope="row">{weekdayDay(t.lang, A_MONDAY + day * DAY_MS, "UTC").split(" ")[0]}</th>
                  {shown.map((hour) => {
                    const n = hours[hour] ?? 0;
                    return (
                      <td key={hour} data-level={level(n)} title={t.heatSays(name(day), two(hour), n)}>
                        {n > 0 ? t.count(n) : ""}
                      </td>
                    );
                  })}
                </tr>
              ),
          )}
        </tbody>
      </table>
      <p class="wl-heat-legend">
        {limits.map(
          (each, place) =>
            each.length > 0 && (
              <span key={each[0]}>
                <i data-level={place + 1} />
                {[...new Set([each.at(0), each.at(-1)])].map((n) => t.count(n ?? 0)).join("–")}
              </span>
            ),
        )}
        {begin && end && areJoined && <span>{t.busiest(name(begin.day), two(begin.hour), two(end.hour + 1))}</span>}
      </p>
    </div>
  );
}

/** Draw a share of 1 as a bar. */
export function ShareBar({ share, level }: { readonly share: number; readonly level?: number }) {
  const bar = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (bar.current) bar.current.style.inlineSize = `${100 * share}%`;
  }, [share]);
  return (
    <span class="wl-share" aria-hidden="true">
      <span ref={bar} data-level={level} />
    </span>
  );
}
