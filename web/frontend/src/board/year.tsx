import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { keepPolling } from "../link/polling.ts";
import { pageTimers } from "../link/timers.ts";
import type { CurveOptions, DrawnCurve } from "../ui/curve.ts";
import { clock, energy, monthName, power, shortDay, shortMonth, weekdayDay } from "../ui/format.ts";
import type { Interval } from "../ui/load-profile.ts";
import { type Texts, yearTextsFor } from "../ui/messages.ts";
import { curveOf, daysTouched, firstOf, highestOf, type Quarters } from "../ui/quarters.ts";
import type { Board } from "./state.ts";

interface YearProps {
  readonly board: Board;
  readonly words: Texts;
  readonly client: string;
  readonly title: string;
  /** The same year by months, for those who cannot see a curve; null while it is not known. */
  readonly months: readonly Interval[] | null;
  /** Days were chosen; without it none can be. */
  readonly onSelect?: (from: number, to: number, wh: number) => void;
}

const YEAR_MS = 365 * 86_400_000;
const DAY_MS = 86_400_000;
const LABELLED_BY_DAYS_MS = 120 * DAY_MS;
const STEPS_MS: Readonly<Record<string, number>> = { ArrowLeft: -DAY_MS, ArrowRight: DAY_MS };

/** The year's quarters, asked again each minute; readings come oftener than a year changes. */
function useQuarters({ board, client }: Pick<YearProps, "board" | "client">): Quarters | "loading" | "failed" {
  const [quarters, setQuarters] = useState<Quarters | "loading" | "failed">("loading");
  useEffect(() => {
    let gone = false;
    const fresh = keepPolling(async () => {
      const to = board.outside.now();
      try {
        const found = await board.outside.quarters(client, { from: to - YEAR_MS, to });
        if (!gone) setQuarters(found);
        return found.at.length > 0;
      } catch {
        // What is shown already stays.
        if (!gone) setQuarters((held) => (held === "loading" ? "failed" : held));
        return false;
      }
    }, pageTimers);
    return () => {
      gone = true;
      fresh.stop();
    };
  }, [client]);
  return quarters;
}

/** Where one comes by an arrow key: from nowhere to the nearer end, else a day on, or as far as the curve goes. */
function stepped(times: readonly number[], from: number | undefined, byMs: number): number {
  if (from === undefined) return byMs > 0 ? 0 : times.length - 1;
  return Math.max(0, firstOf(times, (at) => at > from + byMs) - 1);
}

/** Each quarter of an hour of a year as a curve, with its values in words: one line under it, and a table by months. */
export function Year({ board, words, client, title, months, onSelect }: YearProps) {
  const { lang } = words;
  const { tz } = board.config;
  const t = useMemo(() => yearTextsFor(lang), [lang]);
  const quarters = useQuarters({ board, client });
  const known = typeof quarters === "object" && quarters.at.length > 0 ? quarters : null;
  const curve = useMemo(() => curveOf(known ?? { at: [], wh: [] }), [known]);
  const [pointed, setPointed] = useState<number | null>(null);
  const [undrawn, setUndrawn] = useState(false);
  const host = useRef<HTMLDivElement>(null);
  const drawn = useRef<DrawnCurve | null>(null);
  const latest = useRef<CurveOptions>(null);
  // Of a meter that is new there are weeks alone, and those have one name of a month.
  const byMonth = (curve.at[curve.at.length - 1] ?? 0) - (curve.at[0] ?? 0) > LABELLED_BY_DAYS_MS;
  const place = useMemo(() => (at: number) => (byMonth ? monthName : shortDay)(lang, at, tz), [lang, tz, byMonth]);
  const when = (at: number): string => `${weekdayDay(lang, at, tz)}, ${clock(lang, at, tz)}`;
  const choose = (from: number, to: number): void => {
    const days = known && daysTouched(known, from, to, tz);
    if (days) onSelect?.(days.from, days.to, days.wh);
  };
  latest.current = { curve, place, onPoint: setPointed, onSelect: onSelect && choose };

  // The chunk is on its way while the year is.
  const chunk = useMemo(() => import("../ui/curve.ts"), []);
  // Before the frame, not after it: a year is to stand there at once.
  useLayoutEffect(() => {
    let gone = false;
    if (known === null) return;
    chunk.then(
      ({ drawCurve }) => {
        if (!gone && host.current && latest.current) drawn.current = drawCurve(host.current, latest.current);
      },
      () => setUndrawn(true), // the web process is away just now; the figures stand in words below
    );
    return () => {
      gone = true;
      drawn.current?.destroy();
      drawn.current = null;
    };
  }, [known === null]);
  useEffect(() => {
    if (latest.current) drawn.current?.update(latest.current);
  }, [curve, place]);

  const highest = useMemo(() => highestOf(curve), [curve]);
  if (known === null || highest === null) {
    const loading = quarters === "loading";
    return (
      <p class={loading ? "wl-chart-none wl-skeleton" : "wl-chart-none"} aria-busy={loading}>
        {loading ? (
          <span class="wl-hidden">{words.loading}</span>
        ) : quarters === "failed" ? (
          words.chartFailed
        ) : (
          words.noReadings
        )}
      </p>
    );
  }
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    const at = pointed === null ? undefined : curve.at[pointed];
    if (event.key === "Enter" && at !== undefined && onSelect) {
      event.preventDefault();
      choose(at, at);
    }
    const by = STEPS_MS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    drawn.current?.point(stepped(curve.at, at, by));
  };
  const total = known.wh.reduce((sum, wh) => sum + wh, 0);
  const summary = [words.total(energy(lang, total)), words.peak(when(highest.at), power(lang, highest.w))].join(" · ");
  const [first, last] = [known.at[0] ?? 0, known.at[known.at.length - 1] ?? 0];
  const [at, w] = pointed === null ? [] : [curve.at[pointed], curve.w[pointed]];
  return (
    <>
      <div
        ref={host}
        class="wl-chart"
        role="img"
        tabIndex={0}
        data-testid="year"
        aria-label={`${t.curve(title, shortMonth(lang, first, tz), shortMonth(lang, last, tz))}. ${summary}. ${onSelect ? t.chooseDays : ""}`}
        onKeyDown={onKeyDown}
        onBlur={() => setPointed(null)}
      />
      <p class="wl-chart-line wl-number" aria-live="off">
        {at !== undefined && w != null
          ? `${when(at)} · ${power(lang, w)}`
          : undrawn
            ? `${words.chartFailed} ${summary}`
            : summary}
      </p>
      <div class="wl-hidden">
        <table>
          <caption>{title}</caption>
          <thead>
            <tr>
              <th scope="col">{words.period}</th>
              <th scope="col">{words.value}</th>
            </tr>
          </thead>
          <tbody>
            {(months ?? []).map((month) => (
              <tr key={month.at}>
                <th scope="row">{shortMonth(lang, month.at, tz)}</th>
                <td>{energy(lang, month.wh)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
