import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";

import type { Report } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { clock, dayKey, hourOf, shortDay } from "../../ui/format.ts";
import { useRequest } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { Steps } from "../steps.tsx";
import { DayField } from "./date-field.tsx";
import { type Chosen, Episodes } from "./episodes.tsx";
import { useEscape } from "./escape.ts";
import { Pair } from "./field.tsx";
import { OutageStrip } from "./outage-strip.tsx";
import { Nothing, PageHead, Panel } from "./page-head.tsx";
import { Bars, dayBars, HeatMap, hourBars } from "./report-charts.tsx";
import { AgentChoice, type Answerer, CsvMenu, type ReportProps } from "./report-parts.tsx";
import { AgentTable, Satisfaction, TagTable } from "./report-tables.tsx";
import { Tiles } from "./report-tiles.tsx";
import { comparedTitle, daysTitle, isCompared, recordOf } from "./report-words.ts";
import { WhenLoaded } from "./when-loaded.tsx";

/** What is shown at first. */
const RECENT_DAYS = 7;
const PERIODS = [1, RECENT_DAYS, 30, 90, "other"] as const;
/** As the server's MOST_DAYS. */
const MOST_DAYS = 92;
const DAY_MS = 86_400_000;
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

/** What stands in the figures' place while they load. */
const Shapes = ({ words }: Pick<PageProps, "words">) => (
  <div aria-busy="true">
    <span class="wl-hidden">{words.loading}</span>
    <div class="wl-figures" aria-hidden="true">
      {Array.from({ length: 6 }, (_, place) => (
        <div key={place} class="wl-figure-shape wl-skeleton" />
      ))}
    </div>
    <div class="wl-report-pair" aria-hidden="true">
      <div class="wl-report-shape wl-skeleton" />
      <div class="wl-report-shape wl-skeleton" />
    </div>
  </div>
);

/** Name the parts of the bars that are there, and what the dashed line is. */
const Legend = ({ t, words, found }: Pick<ReportProps, "t" | "words" | "found">) => (
  <p class="wl-report-legend">
    {found.days.some(({ person }) => person > 0) && <Mark name="wl-bar-person">{t.byPerson}</Mark>}
    {!found.agent && found.days.some(({ automatic }) => automatic > 0) && (
      <Mark name="wl-bar-automatic">{t.byBot}</Mark>
    )}
    {found.days.some(({ open }) => open > 0) && <Mark name="wl-bar-open">{t.stillOpen}</Mark>}
    {isCompared(found) && <Mark name="wl-compared">{comparedTitle(words, found)}</Mark>}
    {recordOf(found).missing > 0 && (
      <Mark name="wl-bar-missing">
        {t.recordFrom(shortDay(t.lang, Date.parse(`${recordOf(found).from}T12:00Z`), "UTC"))}
      </Mark>
    )}
  </p>
);

function Charts({ board, t, words, found }: ReportProps) {
  const [first] = found.days;
  const nowMs = board.now.value;
  const today = dayKey(nowMs, found.tz);
  const running = found.days.some(({ day }) => day === today)
    ? `${t.today} ${words.until(clock(t.lang, nowMs, found.tz))}`
    : "";
  // One day's hours are its bars: as a map they would be one row.
  if (first && found.days.length === 1)
    return (
      <Panel title={t.perHour} aside={<Legend {...{ t, words, found }} />}>
        <p class="wl-hint">{dayBars(t, found.days, [], today).map(({ says }) => says)}</p>
        <Bars
          t={t}
          label={t.perHour}
          axis={t.perHourAxis}
          note={running}
          bars={hourBars(t, found, first.day === today ? Number(hourOf(t.lang, nowMs, found.tz)) : null)}
        />
      </Panel>
    );
  return (
    <div class="wl-report-pair">
      <Panel title={t.perDay} aside={<Legend {...{ t, words, found }} />}>
        <Bars
          t={t}
          label={t.perDay}
          axis={t.perDayAxis}
          note={running}
          bars={dayBars(t, found.days, isCompared(found) ? found.days_before : [], today)}
          missing={recordOf(found).missing}
        />
      </Panel>
      <Panel title={t.whenWritten} aside={<p class="wl-hint">{t.whenWrittenHint}</p>}>
        <HeatMap t={t} heat={found.heat} days={found.days} />
      </Panel>
    </div>
  );
}

interface Span {
  readonly from: string;
  readonly to: string;
}

/** Return the day so many days earlier. */
const earlier = (day: string, days: number): string =>
  new Date(Date.parse(day) - days * DAY_MS).toISOString().slice(0, 10);
const lengthOf = ({ from, to }: Span): number => (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;

interface SpanFieldsProps extends Pick<PageProps, "t"> {
  readonly span: Span;
  readonly today: string;
  readonly onChange: (span: Span) => void;
  /** Null while a list lies over the fields. */
  readonly onClose: (() => void) | null;
}

/** Choose the first and the last day of a period; a wrong choice stays in its field and asks for nothing. */
function SpanFields({ t, span, today, onChange, onClose }: SpanFieldsProps) {
  const [typed, setTyped] = useState(span);
  const fields = useRef<HTMLDivElement>(null);
  const opener = useRef(document.activeElement);
  const close = (): void => {
    onClose?.();
    if (opener.current instanceof HTMLElement) opener.current.focus();
  };
  useEscape(onClose && close, fields);
  const isRight = (next: Span): boolean => lengthOf(next) >= 1 && lengthOf(next) <= MOST_DAYS && next.to <= today;
  const choose = (next: Span): void => {
    setTyped(next);
    if (isRight(next)) onChange(next);
  };
  return (
    <Panel>
      <div ref={fields} class="wl-report-span">
        <Pair>
          <DayField
            t={t}
            label={t.periodFrom}
            value={typed.from}
            onInput={(from) => choose({ ...typed, from })}
            testId="period-from"
          />
          <DayField
            t={t}
            label={t.periodTo}
            value={typed.to}
            error={isRight(typed) ? "" : t.periodWrong}
            onInput={(to) => choose({ ...typed, to })}
            testId="period-to"
          />
        </Pair>
      </div>
    </Panel>
  );
}

interface NoFiguresProps extends Pick<ReportProps, "board" | "t" | "found"> {
  readonly today: string;
  readonly agent: Answerer | null;
  readonly recent: () => void;
  readonly everybody: () => void;
}

/** Return whether there is nothing to show beside how many asked: nobody was answered in the period, nor before it. */
const isBare = ({ totals, before }: Report): boolean =>
  before.asked === 0 && totals.first_ms === null && totals.resolve_ms === null && totals.ratings === 0;

/** Say that nobody wrote in the period, or ever, or that nobody was answered yet, or not by the chosen agent. */
function NoFigures({ board, t, found, today, agent, recent, everybody }: NoFiguresProps) {
  const isLatest = found.days.length === RECENT_DAYS && (found.days.at(-1)?.day ?? today) >= today;
  const { asked } = found.totals;
  if (agent)
    return (
      <Nothing picture="reports" title={t.noFiguresOf(agent.name)} text={t.noFiguresOfText}>
        <Button onClick={everybody}>{t.showEverybody}</Button>
      </Nothing>
    );
  if (asked > 0)
    return (
      <Nothing picture="reports" title={t.noneAnswered(asked)} text={t.noneAnsweredText}>
        <a class="wl-button" href={routeHash({ client: null, pane: "list" })}>
          {t.openInbox}
        </a>
      </Nothing>
    );
  if (isLatest)
    return (
      <Nothing picture="reports" title={t.noFigures} text={t.noFiguresText}>
        {board.config.me.admin && (
          <a class="wl-button" href={routeHash({ client: null, pane: "list", page: "start" })}>
            {t.pageStart}
          </a>
        )}
      </Nothing>
    );
  return (
    <Nothing picture="reports" title={t.noFiguresIn(daysTitle(t.lang, found.days))} text={t.noFiguresInText}>
      <Button onClick={recent}>{t.noFiguresRecent}</Button>
    </Nothing>
  );
}

/** Show how the desk did in a period, beside the period before. */
export function ReportsPage(props: PageProps) {
  const { board, t, words } = props;
  const [days, setDays] = useState<(typeof PERIODS)[number]>(RECENT_DAYS);
  const today = dayKey(board.now.value, board.config.tz);
  const [span, setSpan] = useState<Span>({ from: earlier(today, 13), to: earlier(today, 7) });
  /** What is shown again when the other days are closed, which keep what was chosen. */
  const before = useRef<(typeof PERIODS)[number]>(RECENT_DAYS);
  const [agent, setAgent] = useState<Answerer | null>(null);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const shownDays = days === "other" ? `days=${lengthOf(span)}&until=${span.to}` : `days=${days}`;
  const period = agent ? `${shownDays}&agent=${agent.id}` : shownDays;
  const request = useRequest({ key: period, ask: () => board.desk.api.report(period) });
  const { load } = request;
  // Names stay in the list while the next figures load.
  const names = useRef<Readonly<Record<string, string>>>({});
  if (load.state === "loaded") names.current = load.value.names ?? {};
  const chooseAgent = (next: Answerer | null): void => {
    setAgent(next);
    setChosen(null);
  };
  const sub =
    load.state === "loaded"
      ? [
          t.reportSub(
            daysTitle(t.lang, load.value.days, true),
            isCompared(load.value) ? comparedTitle(words, load.value) : "",
            load.value.tz.replaceAll("/", "/\u2060"), // a zone's name stays whole
          ),
          agent && t.countedHint(agent.name),
          load.value.in_hours && t.inHours,
        ]
          .filter(Boolean)
          .join(" · ")
      : load.state === "loading"
        ? t.reportLoading
        : "";
  return (
    <>
      <PageHead title={t.pageReports} sub={sub}>
        <Steps
          options={PERIODS}
          chosen={days}
          nameOf={(n) => (n === "other" ? t.periodOther : n === 1 ? t.today : t.days(n))}
          onChoose={(next) => {
            if (days !== "other") before.current = days;
            setDays(next);
            setChosen(null);
          }}
          aria-label={t.period}
        />
        <AgentChoice board={board} t={t} names={names.current} chosen={agent} onChoose={chooseAgent} />
        <CsvMenu board={board} t={t} period={period} isOff={load.state === "failed"} />
      </PageHead>
      {days === "other" && (
        <SpanFields
          t={t}
          span={span}
          today={today}
          onChange={(next) => {
            setSpan(next);
            setChosen(null);
          }}
          onClose={chosen ? null : () => setDays(before.current)}
        />
      )}
      <OutageStrip {...props} />
      {load.state === "loading" ? (
        <Shapes words={words} />
      ) : (
        <WhenLoaded request={request} t={t} words={words}>
          {(found) => {
            const shown = { ...props, found, choose: setChosen };
            return (
              <>
                {found.behind > 0 && <p class="wl-banner">{t.behind(found.behind)}</p>}
                {!found.is_whole && <p class="wl-banner wl-banner-warn">{t.notWhole}</p>}
                {isBare(found) ? (
                  <Panel>
                    <NoFigures
                      {...{ board, t, found, today, agent }}
                      recent={() => setDays(RECENT_DAYS)}
                      everybody={() => chooseAgent(null)}
                    />
                  </Panel>
                ) : (
                  <>
                    <Tiles {...shown} chosen={chosen} />
                    {chosen && (
                      <Panel>
                        <Episodes key={chosen.list} {...props} chosen={chosen} onClose={() => setChosen(null)} />
                      </Panel>
                    )}
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
      )}
    </>
  );
}
