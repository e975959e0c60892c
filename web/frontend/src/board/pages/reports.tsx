import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import type { Report, Totals } from "../../link/desk-api.ts";
import { shortDay } from "../../ui/format.ts";
import { Icon } from "../../ui/icon.tsx";
import { useRequest, WhenLoaded } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { Steps } from "../steps.tsx";
import { areaName } from "./area-name.ts";
import { type Chosen, Episodes } from "./episodes.tsx";
import { Nothing, PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { DayBars, HeatMap, Sparkline } from "./report-charts.tsx";
import { CsvLink, listOf, type ReportProps } from "./report-parts.tsx";
import { AgentTable, Satisfaction, TagTable } from "./report-tables.tsx";
import { duration } from "./report-words.ts";

const PERIODS = [1, 7, 30, 90] as const;

/** Which direction of a figure is good; null: neither. */
type Better = "more" | "less" | null;

interface Tile {
  readonly id: string;
  readonly name: string;
  readonly figure: string;
  readonly value: (totals: Totals) => number | null;
  readonly show: (value: number) => readonly [value: string, unit: string];
  /** Return the difference in words, without its sign. */
  readonly differ: (now: number, before: number) => string;
  readonly better: Better;
}

function tilesOf(t: PageProps["t"], targetMin: number): readonly Tile[] {
  const time = (ms: number): readonly [string, string] => duration(t, ms);
  const apart = (now: number, before: number): string => {
    const apartMs = Math.abs(now - before);
    const [value, unit] = apartMs < 60_000 ? [String(Math.round(apartMs / 1000)), "s"] : duration(t, apartMs);
    return now < before ? t.faster(`${value} ${unit}`) : t.slower(`${value} ${unit}`);
  };
  const points = (now: number, before: number): string => t.points(Math.abs(now - before));
  const share = (value: number): readonly [string, string] => [t.count(value), "%"];
  return [
    {
      ...{ id: "asked", name: t.conversations, figure: "asked", better: null },
      value: ({ asked }) => asked,
      show: (n) => [t.count(n), ""],
      differ: (now, before) =>
        before === 0 ? t.count(now) : `${t.count(Math.round(Math.abs(now / before - 1) * 100))} %`,
    },
    {
      ...{ id: "first", name: t.firstAnswer, figure: "first_answer", better: "less" },
      value: (totals) => totals.first_ms,
      show: time,
      differ: apart,
    },
    {
      ...{ id: "target", name: t.inTarget(targetMin), figure: "first_answer", better: "more" },
      value: (totals) => totals.in_target,
      show: share,
      differ: points,
    },
    {
      ...{ id: "resolve", name: t.resolveTime, figure: "resolve", better: "less" },
      value: (totals) => totals.resolve_ms,
      show: time,
      differ: apart,
    },
    {
      ...{ id: "automatic", name: t.resolvedAutomatically, figure: "resolve", better: "more" },
      value: ({ automatic }) => automatic,
      show: share,
      differ: points,
    },
    {
      ...{ id: "satisfaction", name: t.satisfaction, figure: "satisfaction", better: "more" },
      value: ({ satisfaction }) => satisfaction,
      show: (mean) => [t.decimal(mean), t.ofFive],
      differ: (now, before) => t.decimal(Math.abs(now - before)),
    },
    {
      ...{ id: "use", name: t.backToUsual, figure: "resolve", better: "more" },
      value: (totals) => totals.use_usual,
      show: share,
      differ: points,
    },
  ];
}

/** Say how a figure differs from the period before. */
function Trend({ t, tile, found }: Pick<ReportProps, "t" | "found"> & { readonly tile: Tile }) {
  const [now, before] = [tile.value(found.totals), tile.value(found.before)];
  if (before === null) return <span class="wl-hint">{t.nothingBefore}</span>;
  const [figure, unit] = tile.show(before);
  const from = t.fromBefore(unit === "%" ? `${figure} %` : figure);
  if (now === null || now === before) return <span class="wl-hint">{now === null ? from : t.asBefore}</span>;
  const isGood = tile.better && (now > before ? "more" : "less") === tile.better;
  return (
    <span class="wl-hint">
      <span class={tile.better === null ? "wl-trend" : `wl-trend wl-trend-${isGood ? "good" : "bad"}`}>
        <Picture name={now > before ? "up" : "down"} small />
        {tile.differ(now, before)}
      </span>
      {from}
    </span>
  );
}

function Tiles({ board, t, found, choose }: ReportProps) {
  return (
    <div class="wl-figures">
      {tilesOf(t, board.config.targetMs / 60_000).map((tile) => {
        const value = tile.value(found.totals);
        if (tile.id === "use" && found.totals.use_judged === 0) return null;
        const [figure, unit] = value === null ? ["–", ""] : tile.show(value);
        return (
          <button
            key={tile.id}
            type="button"
            class="wl-figure-button"
            data-testid={`figure-${tile.id}`}
            onClick={() => choose({ title: tile.name, list: listOf(tile.figure, found) })}
          >
            <span class="wl-hint">{tile.name}</span>
            <span class="wl-figure">
              {figure}
              {unit && <small>{unit}</small>}
              <Sparkline values={(found.by_day ?? []).map(tile.value)} />
            </span>
            <Trend t={t} tile={tile} found={found} />
          </button>
        );
      })}
    </div>
  );
}

const Mark = ({ name, children }: { readonly name: string; readonly children: ComponentChildren }) => (
  <span>
    <svg viewBox="0 0 14 12" aria-hidden="true">
      {name === "wl-compared" ? (
        <path class={name} d="M0 6h14" />
      ) : (
        <rect class={name} x="2" y="1" width="9" height="10" rx="2" />
      )}
    </svg>
    {children}
  </span>
);

const noon = (day: string | undefined): number => Date.parse(`${day ?? "2026-01-01"}T12:00:00Z`);

/** Name the days from the first to the last: "23 Nov – 29 Nov". */
function periodName(t: PageProps["t"], days: Report["days"]): string {
  const [first, last] = [days.at(0), days.at(-1)].map((day) => shortDay(t.lang, noon(day?.day), "UTC"));
  return first === last ? String(first) : `${first} – ${last}`;
}

function Charts({ board, t, found, days }: ReportProps) {
  return (
    <div class="wl-report-pair">
      <Panel title={t.perDay} aside={<CsvLink {...{ board, t, days }} table="days" title={t.perDay} />}>
        <p class="wl-report-legend">
          <Mark name="wl-bar-person">{t.byPerson}</Mark>
          <Mark name="wl-bar-automatic">{t.byBot}</Mark>
          <Mark name="wl-bar-open">{t.stillOpen}</Mark>
          <Mark name="wl-compared">{periodName(t, found.days_before)}</Mark>
        </p>
        <DayBars t={t} days={found.days} before={found.days_before} />
      </Panel>
      <Panel title={t.whenWritten} aside={<CsvLink {...{ board, t, days }} table="hours" title={t.whenWritten} />}>
        <p class="wl-hint">{t.whenWrittenHint}</p>
        <HeatMap t={t} heat={found.heat} />
      </Panel>
    </div>
  );
}

/** Say which outage is on and how many wait because of it; lead to its page. */
function OutageNow({ board, t }: Pick<PageProps, "board" | "t">) {
  const areas = Object.keys(board.desk.notices.outages.value);
  if (areas.length === 0) return null;
  const waiting = board.list.folded.value.reduce((sum, folded) => sum + folded.waiting.length, 0);
  return (
    <a class="wl-folded" href={routeHash({ client: null, pane: "list", page: "outage" })}>
      <Icon name="outage" />
      <span>
        <strong>{t.outageOf(areas.map(areaName).join(", "))}</strong>
        {waiting > 0 && <span>{t.foldedWait(waiting)}</span>}
      </span>
    </a>
  );
}

/** Show how the desk did in a period, beside the period before. */
export function ReportsPage(props: PageProps) {
  const { board, t, words } = props;
  const [days, setDays] = useState<(typeof PERIODS)[number]>(7);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const request = useRequest({ key: String(days), ask: () => board.desk.api.report(days) });
  const { load } = request;
  const sub =
    load.state === "loaded"
      ? t.reportSub(periodName(t, load.value.days), periodName(t, load.value.days_before), load.value.tz)
      : t.reportLoading;
  return (
    <>
      <PageHead title={t.pageReports} sub={sub}>
        <Steps
          options={PERIODS}
          chosen={days}
          nameOf={(n) => (n === 1 ? t.today : t.days(n))}
          onChoose={(next) => {
            setDays(next);
            setChosen(null);
          }}
          aria-label={t.period}
        />
      </PageHead>
      <OutageNow board={board} t={t} />
      <WhenLoaded request={request} t={t} words={words}>
        {(found) => {
          const shown = { ...props, found, days, choose: setChosen };
          return (
            <>
              {found.behind > 0 && <p class="wl-banner">{t.behind(found.behind)}</p>}
              {!found.is_whole && <p class="wl-banner wl-banner-warn">{t.notWhole}</p>}
              <Tiles {...shown} />
              {found.in_hours && <p class="wl-hint">{t.inHours}</p>}
              {chosen && (
                <Panel>
                  <Episodes key={chosen.list} {...props} chosen={chosen} onClose={() => setChosen(null)} />
                </Panel>
              )}
              {found.totals.asked + found.before.asked === 0 ? (
                <Panel>
                  <Nothing picture="reports" title={t.noFigures} text={t.noFiguresText} />
                </Panel>
              ) : (
                <>
                  <Charts {...shown} />
                  <div class="wl-report-three">
                    <AgentTable {...shown} />
                    <TagTable {...shown} />
                    <Satisfaction {...shown} />
                  </div>
                </>
              )}
            </>
          );
        }}
      </WhenLoaded>
    </>
  );
}
