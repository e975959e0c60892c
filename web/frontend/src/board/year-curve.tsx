import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { labelled, stepsTo } from "../ui/chart-layout.ts";
import { ChartDetails } from "../ui/chart-table.tsx";
import type { CurveOptions, DrawnCurve } from "../ui/curve.ts";
import { bareMonth, clock, power, weekdayDay } from "../ui/format.ts";
import { EmptyPicture } from "../ui/icon.tsx";
import { EmptyState } from "../ui/message-list.tsx";
import { curveOf, daysTouched, firstOf, gapsIn, highestOf } from "../ui/quarters.ts";
import { useLoaded } from "../ui/use-loaded.ts";
import { Ask, type SelectedPeriod } from "./ask-about.tsx";
import { type Load, useRequest } from "./request.tsx";
import type { ClientViewProps } from "./state.ts";

interface YearCurveProps extends ClientViewProps {
  /** "2026" */
  readonly title: string;
  readonly from: number;
  readonly to: number;
  /** Undefined: days cannot be selected. */
  readonly meter: string | undefined;
}

const DAY_MS = 86_400_000;
const HALF_MONTH_MS = 15 * DAY_MS;
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

/** Draw the curve into an element as soon as its code and data are there. `point` marks a value by its index. */
function useCurve(options: CurveOptions, isKnown: boolean) {
  const code = useLoaded(() => import("../ui/curve.ts"), []);
  const host = useRef<HTMLDivElement>(null);
  const drawn = useRef<DrawnCurve | null>(null);
  // A layout effect runs before the frame, so that the curve is in the first one.
  useLayoutEffect(() => {
    if (!isKnown || typeof code === "string" || !host.current) return undefined;
    drawn.current = code.drawCurve(host.current, options);
    return () => {
      drawn.current?.destroy();
      drawn.current = null;
    };
  }, [isKnown, code]);
  useEffect(() => drawn.current?.update(options), [options.curve, options.place, options.marks]);
  // Without the code, when the web process does not answer, the text below still shows the figures.
  return { host, undrawn: code === "failed", point: (index: number) => drawn.current?.point(index) };
}

/** Offer each quarter of an hour of a year, to find the days in it. */
export const QuarterHours = (props: YearCurveProps) => (
  <ChartDetails name={props.t.quarterHours} hideName={props.t.hideQuarterHours}>
    {(isOpen) => isOpen && <YearCurve {...props} />}
  </ChartDetails>
);

/** Show each quarter of an hour of a year as a curve, with a line of figures and the question about days below. */
function YearCurve({ board, t, words, client, title, from, to, meter }: YearCurveProps) {
  const { lang } = words;
  const { tz } = board.config;
  const { api } = board.desk;
  const key = `${client}/${from}`;
  const { load, again } = useRequest({
    key,
    ask: () => api.quarters(client, { from, to }),
    polling: { isComplete: ({ at }) => at.length > 0 },
  });
  const days = useRequest({ key, ask: () => api.consumption(client, { from, to, step: "day" }) }).load;
  const known = load.state === "loaded" && load.value.at.length > 0 ? load.value : null;
  const curve = useMemo(() => curveOf(known ?? { at: [], wh: [] }), [known]);
  const [pointed, setPointed] = useState<number | null>(null);
  const [selection, setSelection] = useState<SelectedPeriod | null>(null);
  const gaps = useMemo(() => gapsIn(curve, from, Math.min(to, board.outside.now())), [curve, from, to]);
  const place = useMemo(() => (at: number) => bareMonth(lang, at, tz), [lang, tz]);
  // A month's name stands below its middle, as below the months' bars.
  const places = (width: number) => labelled([], from, to, width).map((at) => at + HALF_MONTH_MS);
  const when = (at: number): string => `${weekdayDay(lang, at, tz)}, ${clock(lang, at, tz)}`;
  const choose = (begin: number, end: number): void => {
    const chosen = known && daysTouched(known, begin, end, tz);
    if (chosen) setSelection(chosen);
  };
  const highest = useMemo(() => highestOf(curve), [curve]);
  const levels = useMemo(() => stepsTo(highest?.w ?? 0, LEVELS), [highest]);
  const marks = useMemo(
    () => (days.state === "loaded" ? days.value.points : []).filter(({ unusual }) => unusual).map(({ at }) => at),
    [days],
  );
  const onSelect = meter === undefined ? undefined : choose;
  const { host, undrawn, point } = useCurve(
    {
      ...{ lang, curve, from, to, gaps, places, place, levels, marks, onSelect },
      gapName: words.gap,
      onPoint: setPointed,
    },
    known !== null,
  );
  if (known === null || highest === null) return <NoChart {...{ t, words, again }} state={load.state} />;
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    const at = pointed === null ? undefined : curve.at[pointed];
    if (event.key === "Enter" && at !== undefined && onSelect) {
      event.preventDefault();
      onSelect(at, at);
    }
    const by = STEPS_MS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    point(stepped(curve.at, at, by));
  };
  const summary = words.peak(when(highest.at), power(lang, highest.w)).replaceAll(" kW", "\u00a0kW");
  const legend = [
    ["measured", words.measured] as const,
    ...(gaps.length > 0 ? [["gap", words.gap] as const] : []),
    ...(marks.length > 0 ? [["hours", words.unusual] as const] : []),
  ];
  const [at, w] = pointed === null ? [] : [curve.at[pointed], curve.w[pointed]];
  return (
    <div class="wl-quarter-hours">
      <p class="wl-chart-unit">{`${t.quarterPower}, ${title}`}</p>
      <div
        ref={host}
        class="wl-chart"
        role="img"
        tabIndex={0}
        data-testid="year"
        aria-label={`${t.curve(`${t.quarterPower}, ${title}`)}. ${summary}. ${onSelect ? t.chooseHint : ""}`}
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
      {legend.length > 1 && (
        <ul class="wl-legend">
          {legend.map(([name, text]) => (
            <li key={name}>
              <i class={`wl-legend-${name}`} /> {text}
            </li>
          ))}
        </ul>
      )}
      <Ask
        {...{ board, t, client, meter, selection }}
        step="day"
        suggested={daysTouched(known, highest.at, highest.at, tz)}
        onDone={() => setSelection(null)}
      />
    </div>
  );
}
