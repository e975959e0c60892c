/** Draw the reports' charts as SVG: bars by day, a small line, the hours of the week. */

import { useLayoutEffect, useRef } from "preact/hooks";

import type { DayCount } from "../../link/desk-api.ts";
import { shortDay, weekday, weekdayDay } from "../../ui/format.ts";
import type { PageProps } from "../state.ts";

const WIDTH = 640;
const HEIGHT = 232;
const LEFT = 34;
const TOP = 26;
const BOTTOM = 208;
/** Above so many bars their totals would touch. */
const TOTALS_UP_TO = 14;
const LABELS_UP_TO = 10;

const atNoon = (day: string): number => Date.parse(`${day}T12:00:00Z`);
const totalOf = ({ person, automatic, open }: DayCount): number => person + automatic + open;

/** Return a round number at or above the value, and the distance of grid lines. */
function scaleTo(value: number): { readonly top: number; readonly step: number } {
  const rough = Math.max(1, value / 3);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? rough);
  return { top: Math.max(step, Math.ceil(value / step) * step), step };
}

interface DayBarsProps extends Pick<PageProps, "t"> {
  readonly days: readonly DayCount[];
  readonly before: readonly DayCount[];
}

/** Draw a bar a day: automatic at the foot, persons above it, open ones on top; a dashed line tells the period before. */
export function DayBars({ t, days, before }: DayBarsProps) {
  const { top, step } = scaleTo(Math.max(...[...days, ...before].map(totalOf), 1));
  const y = (n: number): number => BOTTOM - ((BOTTOM - TOP) * n) / top;
  const slot = (WIDTH - LEFT) / days.length;
  const every = Math.ceil(days.length / LABELS_UP_TO);
  const grid = Array.from({ length: Math.floor(top / step) + 1 }, (_, place) => place * step);
  return (
    <svg class="wl-report-chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t.perDay}>
      <text x="0" y="12">
        {t.perDayAxis}
      </text>
      {grid.map((n) => (
        <g key={n}>
          <line class={n === 0 ? "wl-axis" : "wl-grid"} x1={LEFT} x2={WIDTH} y1={y(n)} y2={y(n)} />
          <text x={LEFT - 8} y={y(n) + 4} text-anchor="end">
            {t.count(n)}
          </text>
        </g>
      ))}
      {days.map((day, place) => {
        const [x, width] = [LEFT + slot * (place + 0.2), slot * 0.6];
        const centre = LEFT + slot * (place + 0.5);
        const parts = [
          ["wl-bar-automatic", day.automatic],
          ["wl-bar-person", day.person],
          ["wl-bar-open", day.open],
        ] as const;
        let foot = 0;
        const then = before[place];
        return (
          <g key={day.day}>
            <title>{t.daySays(shortDay(t.lang, atNoon(day.day), "UTC"), day.person, day.automatic, day.open)}</title>
            {parts.map(([name, n]) => {
              foot += n;
              return (
                n > 0 && (
                  <rect key={name} class={name} x={x} width={width} y={y(foot)} height={y(foot - n) - y(foot)} rx="2" />
                )
              );
            })}
            {days.length <= TOTALS_UP_TO && totalOf(day) > 0 && (
              <text class="wl-total" x={centre} y={y(totalOf(day)) - 6} text-anchor="middle">
                {t.count(totalOf(day))}
              </text>
            )}
            {then && (
              <path class="wl-compared" d={`M${LEFT + slot * (place + 0.08)} ${y(totalOf(then))}h${slot * 0.84}`} />
            )}
            {place % every === 0 && (
              <text x={centre} y={HEIGHT - 5} text-anchor="middle">
                {shortDay(t.lang, atNoon(day.day), "UTC")}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

/** Draw a value a day as a small line; a day without one is left out. */
export function Sparkline({ values }: { readonly values: readonly number[] }) {
  const most = Math.max(...values, 1);
  const points = values.map((n, place) => `${(64 * place) / Math.max(1, values.length - 1)},${23 - (20 * n) / most}`);
  return (
    <svg class="wl-spark" viewBox="0 0 64 26" aria-hidden="true">
      <polyline points={points.join(" ")} />
    </svg>
  );
}

/** Any Monday, to name the days of the week. */
const A_MONDAY = Date.UTC(2026, 10, 23, 12);
const DAY_MS = 86_400_000;
const LEVELS = 4;

interface HeatMapProps extends Pick<PageProps, "t"> {
  readonly heat: readonly (readonly number[])[];
}

/** Show new conversations by weekday and hour as a table whose cells are darker where there are more. */
export function HeatMap({ t, heat }: HeatMapProps) {
  const most = Math.max(...heat.flat(), 1);
  const used = heat.flatMap((hours) => hours.flatMap((n, hour) => (n > 0 ? [hour] : [])));
  // Nights are left out where nobody writes.
  const [first, last] = used.length > 0 ? [Math.min(...used, 8), Math.max(...used, 18)] : [8, 18];
  const shown = Array.from({ length: last - first + 1 }, (_, place) => first + place);
  const level = (n: number): number => (n === 0 ? 0 : Math.max(1, Math.ceil((LEVELS * n) / most)));
  const name = (day: number): string => weekday(t.lang, A_MONDAY + day * DAY_MS, "UTC");
  return (
    <div class="wl-heat-box" tabIndex={0} role="region" aria-label={t.whenWritten}>
      <table class="wl-heat">
        <thead>
          <tr>
            <td />
            {shown.map((hour) => (
              <th key={hour} scope="col">
                {hour % 3 === 0 ? (
                  String(hour).padStart(2, "0")
                ) : (
                  <span class="wl-hidden">{String(hour).padStart(2, "0")}</span>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {heat.map((hours, day) => (
            <tr key={day}>
              <th scope="row">{weekdayDay(t.lang, A_MONDAY + day * DAY_MS, "UTC").split(" ")[0]}</th>
              {shown.map((hour) => {
                const n = hours[hour] ?? 0;
                return (
                  <td key={hour} data-level={level(n)} title={t.heatSays(name(day), hour, n)}>
                    {n > 0 ? t.count(n) : ""}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
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
