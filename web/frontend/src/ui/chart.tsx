import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Bar, BarChart, BarOptions } from "./charts.ts";
import type { ChartTexts } from "./messages.ts";

/** A line to compare with, and the names of line and bars. */
export interface Beside {
  readonly wh: readonly (number | null)[];
  readonly name: string;
  readonly own: string;
}

export interface ChartProps {
  readonly bars: readonly Bar[];
  readonly beside?: Beside | undefined;
  readonly t: ChartTexts;
  /** Such as "Consumption, last 30 days". */
  readonly title: string;
  /** A bar's label: short under the axis, long in the read-out. */
  readonly place: (at: number) => string;
  readonly placeLong: (at: number) => string;
  readonly amount: (wh: number) => string;
  readonly axes?: boolean;
  /** The text under the chart while no bar is pointed at. */
  readonly summary: string;
  /** Chooses a period by dragging, or with arrows and Enter. */
  readonly onSelect?: (first: number, last: number) => void;
}

const ARROWS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

/** Show bars with a line of text, and a table for screen readers. */
export function Chart(props: ChartProps) {
  const { bars, beside, t, title, placeLong, amount, axes = false, summary } = props;
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<BarChart | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const [failed, setFailed] = useState(false);
  const latest = useRef<BarOptions>(null);
  latest.current = {
    bars,
    beside: beside?.wh,
    place: props.place,
    amount,
    axes,
    onPoint: setPointed,
    onSelect: props.onSelect,
  };

  useEffect(() => {
    let gone = false;
    import("./charts.ts").then(
      ({ drawBars }) => {
        if (!gone && host.current && latest.current) chart.current = drawBars(host.current, latest.current);
      },
      () => setFailed(true), // the web process is down; the text below has the figures
    );
    return () => {
      gone = true;
      chart.current?.destroy();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    if (latest.current) chart.current?.update(latest.current);
  }, [bars, beside?.wh, props.place, amount, axes]);

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    if (event.key === "Enter" && pointed !== null && props.onSelect) {
      event.preventDefault();
      props.onSelect(pointed, pointed);
    }
    const by = ARROWS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    chart.current?.step(by);
  };

  const [first, last] = [bars[0], bars[bars.length - 1]];
  const bar = pointed === null ? undefined : bars[pointed];
  const besideOf = (index: number | null): string => {
    const wh = index === null ? null : (beside?.wh[index] ?? null);
    return wh === null ? "" : amount(wh);
  };
  const other = besideOf(pointed);
  return (
    <>
      <div
        ref={host}
        class="wl-chart"
        role="img"
        tabIndex={0}
        aria-label={first && last ? `${t.barChart(title, placeLong(first.at), placeLong(last.at))}. ${summary}` : title}
        onKeyDown={onKeyDown}
        onBlur={() => setPointed(null)}
      />
      <p class="wl-chart-line wl-number">
        {bar
          ? `${placeLong(bar.at)} · ${amount(bar.wh)}${other && ` · ${beside?.name}: ${other}`}`
          : failed
            ? `${t.chartFailed} ${summary}`
            : summary}
      </p>
      {beside && (
        <p class="wl-legend" aria-hidden="true" data-testid="legend">
          <i class="wl-legend-own" /> {beside.own} <i class="wl-legend-beside" /> {beside.name}
        </p>
      )}
      <div class="wl-hidden">
        <table>
          <caption>{title}</caption>
          <thead>
            <tr>
              <th scope="col">{t.period}</th>
              <th scope="col">{t.value}</th>
              {beside && <th scope="col">{beside.name}</th>}
            </tr>
          </thead>
          <tbody>
            {bars.map(({ at, wh }, index) => (
              <tr key={at}>
                <th scope="row">{placeLong(at)}</th>
                <td>{amount(wh)}</td>
                {beside && <td>{besideOf(index)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
