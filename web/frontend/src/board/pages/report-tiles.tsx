import type { Report, Totals } from "../../link/desk-api.ts";
import { percent } from "../../ui/format.ts";
import type { PageProps } from "../state.ts";
import type { Chosen, Figure } from "./episodes.tsx";
import { Picture } from "./page-icon.tsx";
import { Sparkline } from "./report-charts.tsx";
import { listOf, type ReportProps } from "./report-parts.tsx";
import { duration, isCompared, recordOf } from "./report-words.ts";

const MINUTE_MS = 60_000;
/** From here on a time is shown in whole minutes. */
const IN_MINUTES_MS = 10 * MINUTE_MS;
/** Up to so many days a small line has a point a day, then one a week. */
const MOST_DAYS_EACH = 31;
const DAYS_OF_WEEK = 7;

/** Which direction of a figure is good; null: neither. */
type Better = "more" | "less" | null;

interface Tile {
  readonly id: string;
  readonly name: string;
  readonly figure: Figure;
  readonly value: (totals: Totals) => number | null;
  /** Return how many conversations the figure's list has, where the report tells it. */
  readonly listed?: (found: Report) => number | undefined;
  readonly show: (value: number) => readonly [value: string, unit: string];
  /** Return the difference in words, without its sign. */
  readonly differ: (now: number, before: number) => string;
  readonly better: Better;
  /** Says in which direction a difference goes, for less and for more. */
  readonly words?: readonly [less: string, more: string];
}

function tilesOf(t: PageProps["t"], targetMin: number): readonly Tile[] {
  const time = (ms: number): readonly [string, string] => duration(t, ms);
  const apart = (now: number, before: number): string => {
    const apartMs = Math.abs(now - before);
    const isLong = Math.max(now, before) >= IN_MINUTES_MS && apartMs >= MINUTE_MS;
    // A difference is as exact as the figures: "22 min" and "19 min" differ by "3 min".
    const rounded = isLong ? Math.round(apartMs / MINUTE_MS) : 0;
    const [value, unit] =
      apartMs < MINUTE_MS
        ? [String(Math.round(apartMs / 1000)), "s"]
        : rounded > 0 && rounded < 60
          ? [String(rounded), "min"]
          : duration(t, apartMs);
    return `${value}\u00a0${unit}`;
  };
  const points = (now: number, before: number): string => t.points(Math.abs(now - before));
  const share = (value: number): readonly [string, string] => [t.count(value), "%"];
  const answered = ({ days }: Report): number => days.reduce((sum, { person }) => sum + person, 0);
  const resolved = ({ totals }: Report): number | undefined => totals.resolved;
  return [
    {
      ...{ id: "asked", name: t.conversations, figure: "asked", better: null },
      listed: ({ totals }) => totals.asked,
      value: ({ asked }) => asked,
      show: (n) => [t.count(n), ""],
      differ: (now, before) =>
        before === 0 ? t.count(now) : percent(t.lang, Math.abs(now / before - 1)).replace("+", ""),
    },
    {
      ...{ id: "first", name: t.firstAnswer, figure: "first_answer", better: "less" },
      listed: answered,
      value: (totals) => totals.first_ms,
      show: time,
      differ: apart,
      words: [t.faster, t.slower],
    },
    {
      ...{ id: "target", name: t.inTarget(targetMin), figure: "first_answer", better: "more" },
      listed: answered,
      value: (totals) => totals.in_target,
      show: share,
      differ: points,
    },
    {
      ...{ id: "resolve", name: t.resolveTime, figure: "resolve", better: "less" },
      listed: resolved,
      value: (totals) => totals.resolve_ms,
      show: time,
      differ: apart,
      words: [t.faster, t.slower],
    },
    {
      ...{ id: "automatic", name: t.resolvedAutomatically, figure: "automatic", better: "more" },
      value: ({ automatic }) => automatic,
      show: share,
      differ: points,
    },
    {
      ...{ id: "satisfaction", name: t.satisfaction, figure: "satisfaction", better: "more" },
      listed: ({ totals }) => totals.ratings,
      value: ({ satisfaction }) => satisfaction,
      show: (mean) => [t.score(mean), t.ofFive],
      differ: (now, before) => t.score(Math.abs(now - before)),
    },
    {
      ...{ id: "use", name: t.backToUsual, figure: "resolve", better: "more" },
      listed: resolved,
      value: (totals) => totals.use_usual,
      show: share,
      differ: points,
    },
  ];
}

/** Say how a figure differs from the period before. */
function Trend({ t, tile, found }: Pick<ReportProps, "t" | "found"> & { readonly tile: Tile }) {
  const [now, before] = [tile.value(found.totals), tile.value(found.before)];
  if (before === null) return <span class="wl-hint wl-trends">{t.nothingBefore}</span>;
  const [figure, unit] = tile.show(before);
  // A unit is said twice only where it changes: "4 min" may come from "1:30 h".
  const isOther = now !== null && tile.show(now)[1] !== unit;
  const share = percent(t.lang, before / 100).replace("+", "");
  const from = t.fromBefore(unit === "%" ? share : isOther ? `${figure}\u00a0${unit}` : figure);
  // Times that are shown alike do not differ by some seconds.
  const isSame = now !== null && tile.show(now).join() === tile.show(before).join();
  if (now === null || isSame) return <span class="wl-hint wl-trends">{now === null ? from : t.asBefore}</span>;
  const word = tile.words?.[now > before ? 1 : 0];
  const change = [tile.differ(now, before), word].filter(Boolean).join("\u00a0");
  const isGood = tile.better && (now > before ? "more" : "less") === tile.better;
  return (
    <span class="wl-hint wl-trends" title={`${change} ${from}`}>
      <span class={tile.better === null ? "wl-trend" : `wl-trend wl-trend-${isGood ? "good" : "bad"}`}>
        <Picture name={now > before ? "up" : "down"} small />
        <span>{change}</span>
      </span>
      <span>{from}</span>
    </span>
  );
}

/** Return the values of a small line: a day's each, or a week's, and none of what is before the record. */
function valuesOf(found: Report, value: Tile["value"]): readonly (number | null)[] {
  // Over months a day has too few conversations to tell a course.
  const isLong = found.days.length > MOST_DAYS_EACH;
  const steps = (isLong ? found.by_week : found.by_day) ?? [];
  const length = isLong ? DAYS_OF_WEEK : 1;
  const before = found.days.length - length * steps.length;
  const { missing } = recordOf(found);
  return steps.map((totals, place) => (before + length * place < missing ? null : value(totals)));
}

/** Show each figure with its course and how it differs from the period before; one opens its conversations. */
export function Tiles({ board, t, found, choose, chosen }: ReportProps & { readonly chosen: Chosen | null }) {
  return (
    <div class="wl-figures">
      {tilesOf(t, board.config.targetMs / 60_000).map((tile) => {
        const value = tile.value(found.totals);
        if (tile.id === "use" && found.totals.use_judged === 0) return null;
        // An agent's conversations are those that a person answered.
        if (tile.id === "automatic" && found.agent) return null;
        const [figure, unit] = value === null ? ["–", ""] : tile.show(value);
        const list = listOf(tile.figure, found);
        const whole = tile.figure === "automatic" ? found.totals.resolved : undefined;
        const count = tile.listed?.(found);
        return (
          <button
            key={tile.id}
            type="button"
            class="wl-figure-button"
            data-testid={`figure-${tile.id}`}
            aria-expanded={chosen?.title === tile.name && chosen.list === list}
            onClick={() =>
              choose({
                title: tile.name,
                figure: tile.figure,
                list,
                ...(count !== undefined && { count }),
                ...(whole !== undefined && { whole }),
              })
            }
          >
            <span class="wl-hint">{tile.name}</span>
            <span class="wl-figure">
              {figure}
              {unit && <small>{unit}</small>}
              <Sparkline values={valuesOf(found, tile.value)} />
            </span>
            {isCompared(found) ? (
              <Trend t={t} tile={tile} found={found} />
            ) : (
              <span class="wl-hint wl-trends">{found.before_is_whole === false ? t.nothingYet : t.nothingBefore}</span>
            )}
          </button>
        );
      })}
    </div>
  );
}
