import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { stepsTo } from "../ui/chart-layout.ts";
import { TableDetails } from "../ui/chart-table.tsx";
import type { CurveOptions, DrawnCurve } from "../ui/curve.ts";
import {
  clock,
  dayKey,
  energy,
  monthName,
  periodTitle,
  power,
  shortDay,
  shortMonth,
  weekdayDay,
  type Zone,
} from "../ui/format.ts";
import { EmptyPicture } from "../ui/icon.tsx";
import { type Interval, total } from "../ui/load-profile.ts";
import { EmptyState } from "../ui/message-list.tsx";
import { curveOf, daysTouched, firstOf, highestOf } from "../ui/quarters.ts";
import { type Load, useRequest } from "./request.tsx";
import type { ClientViewProps } from "./state.ts";

interface YearProps extends ClientViewProps {
  readonly title: string;
  /** The same year by days, for a table by months and the marks of unusual days. */
  readonly days: readonly Interval[];
  /** Called with a period in ms and its Wh; undefined: days cannot be selected. */
  readonly onSelect: ((selection: { from: number; to: number; wh: number }) => void) | undefined;
  /** Draw the button that asks about the selected day, or else about the day of the named peak. */
  readonly ask: (suggested: { from: number; to: number; wh: number } | null) => ComponentChildren;
}

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const LABELLED_BY_DAYS_MS = 120 * DAY_MS;
/** Lines of the power axis above 0, at most. */
const LEVELS = 4;
const STEPS_MS: Readonly<Record<string, number>> = { ArrowLeft: -DAY_MS, ArrowRight: DAY_MS };

interface NoChartProps extends Pick<ClientViewProps, "t" | "words"> {
  readonly state: Load<unknown>["state"];
  readonly again: () => void;
}

/** Show in place of a chart that it is loading, that it failed, or that it is empty. */
export function NoChart({ state, t, words, again }: NoChartProps) {
  if (state === "loading")
    return (
      <p class="wl-chart-none wl-skeleton" aria-busy={true}>
        <span class="wl-hidden">{words.loading}</span>
      </p>
    );
  if (state === "failed")
    return (
      <EmptyState title={words.chartFailed} text={t.chartTriesAgain}>
        <EmptyPicture name="meter" />
        <Button onClick={again}>{t.tryAgain}</Button>
      </EmptyState>
    );
  return (
    <p class="wl-chart-none" aria-busy={false}>
      {words.noReadings}
    </p>
  );
}

/** Return the index that an arrow key moves to: a day on, at most to an end; without a start the nearer end. */
function stepped(times: readonly number[], from: number | undefined, byMs: number): number {
  if (from === undefined) return byMs > 0 ? 0 : times.length - 1;
  return Math.max(0, firstOf(times, (at) => at > from + byMs) - 1);
}

/** Return the sums of the days' months; one is unusual where a day of it is. */
function byMonths(days: readonly Interval[], zone: Zone): Interval[] {
  const months = new Map<string, Interval>();
  for (const { at, wh, unusual = false } of days) {
    const key = dayKey(at, zone).slice(0, 7);
    const month = months.get(key);
    months.set(key, { at, ...month, wh: (month?.wh ?? 0) + wh, unusual: unusual || (month?.unusual ?? false) });
  }
  return [...months.values()];
}

/** Draw the curve into an element as soon as its code and data are there. `point` marks a value by its index. */
function useCurve(options: CurveOptions, isKnown: boolean) {
  const [undrawn, setUndrawn] = useState(false);
  const host = useRef<HTMLDivElement>(null);
  const drawn = useRef<DrawnCurve | null>(null);
  const latest = useRef(options);
  latest.current = options;
  // Load the chunk while the year loads.
  const chunk = useMemo(() => import("../ui/curve.ts"), []);
  // A layout effect runs before the frame, so that the curve is in the first one.
  useLayoutEffect(() => {
    if (!isKnown) return undefined;
    let gone = false;
    chunk.then(
      ({ drawCurve }) => {
        if (!gone && host.current) drawn.current = drawCurve(host.current, latest.current);
      },
      () => setUndrawn(true), // the web process does not answer; the text below still shows the figures
    );
    return () => {
      gone = true;
      drawn.current?.destroy();
      drawn.current = null;
    };
  }, [isKnown]);
  useEffect(() => drawn.current?.update(options), [options.curve, options.place, options.marks]);
  return { host, undrawn, point: (index: number) => drawn.current?.point(index) };
}

/** Show each quarter of an hour of a year as a curve, with a line of figures below and a table by months. */
export function Year({ board, t, words, client, title, days, onSelect, ask }: YearProps) {
  const { lang } = words;
  const { tz } = board.config;
  const { load, again } = useRequest({
    key: client,
    ask: () => {
      const to = board.outside.now();
      return board.desk.api.quarters(client, { from: to - YEAR_MS, to });
    },
    polling: { isComplete: ({ at }) => at.length > 0 },
  });
  const known = load.state === "loaded" && load.value.at.length > 0 ? load.value : null;
  const curve = useMemo(() => curveOf(known ?? { at: [], wh: [] }), [known]);
  const [pointed, setPointed] = useState<number | null>(null);
  // A new meter has only weeks: they would all have the same month's name.
  const byMonth = (curve.at[curve.at.length - 1] ?? 0) - (curve.at[0] ?? 0) > LABELLED_BY_DAYS_MS;
  const place = useMemo(() => (at: number) => (byMonth ? monthName : shortDay)(lang, at, tz), [lang, tz, byMonth]);
  const when = (at: number): string => `${weekdayDay(lang, at, tz)}, ${clock(lang, at, tz)}`;
  const choose = (from: number, to: number): void => {
    const days = known && daysTouched(known, from, to, tz);
    if (days) onSelect?.(days);
  };
  const highest = useMemo(() => highestOf(curve), [curve]);
  const levels = useMemo(() => stepsTo(highest?.w ?? 0, LEVELS), [highest]);
  const marks = useMemo(() => days.filter(({ unusual }) => unusual).map(({ at }) => at), [days]);
  const options = { lang, curve, place, levels, marks, onPoint: setPointed, onSelect: onSelect && choose };
  const { host, undrawn, point } = useCurve(options, known !== null);
  if (load.state === "loaded" && (known === null || highest === null))
    return (
      <EmptyState title={words.noReadings} text={t.noMeterText}>
        <EmptyPicture name="meter" />
      </EmptyState>
    );
  if (known === null || highest === null) return <NoChart {...{ t, words, again }} state={load.state} />;
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    const at = pointed === null ? undefined : curve.at[pointed];
    if (event.key === "Enter" && at !== undefined && onSelect) {
      event.preventDefault();
      choose(at, at);
    }
    const by = STEPS_MS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    point(stepped(curve.at, at, by));
  };
  const [first, last] = [known.at[0] ?? 0, known.at[known.at.length - 1] ?? 0];
  // The days hold what is estimated too, which no quarter has.
  const used = energy(lang, days.length > 0 ? total(days) : known.wh.reduce((sum, wh) => sum + wh, 0));
  const period = periodTitle(lang, first, last + 1, tz);
  const summary = words.peak(when(highest.at), power(lang, highest.w)).replaceAll(" kW", "\u00a0kW");
  const [at, w] = pointed === null ? [] : [curve.at[pointed], curve.w[pointed]];
  return (
    <>
      <div class="wl-period wl-period-year">
        <span class="wl-period-name">
          <strong class="wl-number">{period}</strong>
        </span>
        <strong class="wl-number">{used}</strong>
      </div>
      <p class="wl-chart-unit">{t.quarterPower}</p>
      <div
        ref={host}
        class="wl-chart"
        role="img"
        tabIndex={0}
        data-testid="year"
        aria-label={`${t.curve(title, shortMonth(lang, first, tz), shortMonth(lang, last, tz))}. ${used}, ${period}. ${summary}. ${onSelect ? t.chooseHint : ""}`}
        onKeyDown={onKeyDown}
        onBlur={() => setPointed(null)}
      />
      <p class="wl-chart-line wl-number">
        <span>
          {at !== undefined && w != null
            ? `${when(at)} · ${power(lang, w)}`
            : undrawn
              ? `${words.chartFailed} ${summary}`
              : summary}
        </span>
      </p>
      {marks.length > 0 && (
        <ul class="wl-legend">
          <li>
            <i class="wl-legend-measured" /> {words.measured}
          </li>
          <li>
            <i class="wl-legend-hours" /> {words.unusual}
          </li>
        </ul>
      )}
      {ask(daysTouched(known, highest.at, highest.at, tz))}
      <TableDetails t={words}>
        <table>
          <caption>{title}</caption>
          <thead>
            <tr>
              <th scope="col">{words.period}</th>
              <th scope="col">{words.value}</th>
            </tr>
          </thead>
          <tbody>
            {byMonths(days, tz).map(({ at: begin, wh, unusual }) => (
              <tr key={begin}>
                <th scope="row">{shortMonth(lang, begin, tz)}</th>
                <td>{[unusual && words.unusual, energy(lang, wh)].filter(Boolean).join(" · ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableDetails>
    </>
  );
}
