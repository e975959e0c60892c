/** The portal's chart of one day, month or year, from which a client asks about some of its bars. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { keepTrying } from "../link/polling.ts";
import type { Consumption, Standard } from "../link/rest.ts";
import type { Timers } from "../link/timers.ts";
import type { Card } from "../protocol/kinds.ts";
import { Button } from "../ui/button.tsx";
import { Chart, type Selected } from "../ui/chart.tsx";
import { type Bar, withEnds } from "../ui/chart-layout.ts";
import { saveCsv } from "../ui/chart-table.tsx";
import { Compare, comparison } from "../ui/compare.tsx";
import {
  type Compared,
  fitting,
  isWhole,
  monthBefore,
  type Span,
  WITHOUT,
  weekBefore,
} from "../ui/consumption-compare.ts";
import { Drawing } from "../ui/drawing.tsx";
import {
  bareMonth,
  cardTitle,
  clock,
  dayKey,
  dayOfYear,
  energy,
  hourOf,
  longDay,
  type Money,
  monthDay,
  range,
  shortMonth,
  weekdayDay,
  whenNear,
  yearOf,
  type Zone,
} from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { knownUntil, marked, total } from "../ui/load-profile.ts";
import type { ChartTexts, CompareTexts, Lang, PortalTexts } from "../ui/messages.ts";
import { moved, SHOWN, type ShownPeriod, spanOf } from "../ui/period.ts";
import { differenceInWords, factsOf, restInWords } from "../ui/period-facts.ts";
import { giveWayToQuestion } from "./giving-way.ts";

/** A finger has no keys. */
const isTouch = matchMedia("(pointer: coarse)").matches;

/** So many pixels above the bars are the question's, on a phone the comparison's. */
const ASK_PX = 32;
const COMPARE_PX = 10;

/** A window of fewer pixels has no room for a day in full. */
const WIDE = 720;
const CALENDAR = "M5 4.5h10a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2zM3 8.5h14M7 2.8v3M13 2.8v3";

/** The shown period's name where there is little room. */
const shortNames = { day: dayOfYear, month: shortMonth, year: yearOf } as const;

const STEP = { day: "hour", month: "day", year: "month" } as const;

export interface EnergyProps {
  readonly t: PortalTexts;
  readonly chart: ChartTexts;
  readonly compareTexts: CompareTexts;
  readonly lang: Lang;
  readonly tz: string | undefined;
  readonly now: number;
  /** Changes when the meter sent something new. */
  readonly version: number;
  readonly timers: Timers;
  readonly load: (span: Span, step: "hour" | "day" | "month") => Promise<Consumption>;
  readonly loadStandard: (span: Span, step: "hour" | "day" | "month") => Promise<Standard>;
  readonly ask: (card: Card) => void;
  /** The period that an agent shows; null for none. */
  readonly pointedAt: Card | null;
}

interface Loaded {
  readonly key: string;
  readonly own: Consumption;
  readonly others: Standard | { readonly points: Consumption["points"] } | null;
  /** Of an empty period before the newest reading: the begin of the next one with readings. */
  readonly nearest: number | null;
}

/** Return the begin of the next period with readings; null for one that has some, and where none follows. */
async function nearestAfter(props: EnergyProps, own: Consumption, shown: ShownPeriod, { to }: Span) {
  if (own.points.length > 0 || !own.last || own.last.at < to) return null;
  const later = await props.load({ from: to, to: own.last.at + 1 }, shown === "day" ? "day" : "month");
  return later.points[0]?.at ?? null;
}

/** Request the shown period, again after a failure and when something new came; a failure keeps what is shown. */
function useEnergy(props: EnergyProps, shown: ShownPeriod, span: Span, compared: Compared) {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const key = `${shown}/${span.from}/${compared}`;
  useEffect(() => {
    let isOver = false;
    setFailed(false);
    const step = STEP[shown];
    const ask = async (): Promise<void> => {
      const others =
        compared === "week" || compared === "month"
          ? props.load(compared === "week" ? weekBefore(span) : monthBefore(span, props.tz), step)
          : compared === "standard"
            ? props.loadStandard(span, step)
            : Promise.resolve(null);
      const [own, beside] = await Promise.all([props.load(span, step), others.catch(() => null)]);
      const nearest = await nearestAfter(props, own, shown, span).catch(() => null);
      if (isOver) return;
      setLoaded({ key, own, others: beside, nearest });
      setFailed(false);
    };
    const stop = keepTrying(
      () =>
        ask().catch((fault) => {
          if (!isOver) setFailed(true);
          throw fault;
        }),
      props.timers,
    );
    return () => {
      isOver = true;
      stop();
    };
  }, [key, props.version]);
  return { loaded: loaded?.key === key ? loaded : null, hasFailed };
}

/** Return whether the window is narrow; it may be turned or resized. */
function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(innerWidth < WIDE);
  useEffect(() => {
    const look = (): void => setNarrow(innerWidth < WIDE);
    addEventListener("resize", look);
    return () => removeEventListener("resize", look);
  }, []);
  return isNarrow;
}

export function Energy(props: EnergyProps) {
  const { t, chart, lang, tz, now, pointedAt } = props;
  const today = dayKey(now, tz);
  const isNarrow = useNarrow();
  const [shown, setShown] = useState<ShownPeriod>("day");
  const [day, setDay] = useState(today);
  const [compared, setCompared] = useState<Compared>("usual");
  const [selected, setSelected] = useState<Selected | null>(null);
  // What was asked stays marked; the button for it goes.
  const [isAsked, setAsked] = useState(false);
  const select = (next: Selected | null): void => {
    setSelected(next);
    setAsked(false);
  };
  const span = useMemo(() => spanOf(shown, day, tz), [shown, day, tz]);
  const against = fitting(compared, shown);
  const { loaded, hasFailed } = useEnergy(props, shown, span, against);
  const bars = useMemo(() => withEnds(marked(loaded?.own.points ?? [])), [loaded]);
  const move = (next: { shown?: ShownPeriod; day?: string }): void => {
    select(null);
    setShown(next.shown ?? shown);
    setDay(next.day ?? day);
  };
  // A month has the days that the page shows below else.
  useEffect(() => document.querySelector(".wl-portal")?.setAttribute("data-shown", shown), [shown]);
  useEffect(() => giveWayToQuestion(isNarrow && selected !== null), [isNarrow, selected !== null]);

  const until = knownUntil(loaded?.own.last, now);
  const card = cardOf(bars, selected, loaded?.own.last?.meter);
  const amount = (wh: number, most?: number): string => energy(lang, wh, most);
  const { beside, words } = besideOf(props, bars, against, loaded, until);
  const month = (): string => range(lang, span.from, span.to - 1, tz);
  const when = { day: longDay, month, year: yearOf }[shown](lang, span.from, tz);
  const nameOf = (at: number): string =>
    shown === "day" && dayKey(at, tz).slice(0, 4) === today.slice(0, 4)
      ? weekdayDay(lang, at, tz)
      : shortNames[shown](lang, at, tz);
  const titles = { day: t.perHour, month: t.perDay, year: t.perMonth };
  const isLast = moved(shown, day, 1) > today;
  const isRunning = bars.some(({ to }) => to > until);
  // That of a day that runs stands in the page's first tile.
  const difference = isRunning && shown === "day" && against === "usual" ? "" : words;
  // The first days of a meter have no usual value.
  const past = bars.filter(({ to }) => to <= until);
  const known = past.filter((bar) => (bar.usualWh ?? null) !== null && isWhole(bar)).length;
  const isInPart = difference && shown === "month" && against === "usual" && known > 0 && known < past.length;
  const differenceTold = isInPart ? `${difference} · ${t.daysCompared(known, past.length)}` : difference;
  const hint = isTouch ? t.askHint : `${t.askHint} ${t.askKeys}`;
  const ask = (): void => {
    if (card) props.ask(card);
    setAsked(true);
    // On a phone the chat covers it, and the launcher comes back.
    if (isNarrow) select(null);
  };
  return (
    <>
      <header class="wl-energy-head">
        <div>
          <h2>{titles[shown]}</h2>
          <p class="wl-sub">
            <span class="wl-energy-when">{when}</span>
            {shown === "day" && <span class="wl-energy-when-short">{dayOfYear(lang, span.from, tz)}</span>}
            {bars.length > 0 && (
              <>
                {" "}
                · <strong>{amount(total(bars))}</strong>
              </>
            )}
            {isRunning &&
              ` ${chart.until(whenNear(lang, until, shown === "year" ? 0 : now, tz)).replaceAll(" ", "\u00a0")}`}
          </p>
        </div>
        <div class="wl-energy-tools" data-wattline-chart="figure">
          <Button icon label={t.before} onClick={() => move({ day: moved(shown, day, -1) })}>
            <Icon name="back" />
          </Button>
          <span class="wl-energy-date wl-number">
            <span aria-hidden="true">{nameOf(span.from)}</span> <Drawing path={CALENDAR} />
            <input
              type="date"
              aria-label={t.chooseDay}
              value={day}
              max={today}
              onChange={({ currentTarget: { value } }) => value && value <= today && move({ day: value })}
            />
          </span>
          <Button icon label={t.after} disabled={isLast} onClick={() => move({ day: moved(shown, day, 1) })}>
            <Icon name="next" />
          </Button>
          <div class="wl-energy-more">
            <div class="wl-segments" role="group" aria-label={t.shown}>
              {SHOWN.map((each) => (
                <button key={each} type="button" aria-pressed={each === shown} onClick={() => move({ shown: each })}>
                  {{ day: t.day, month: t.month, year: t.year }[each]}
                </button>
              ))}
            </div>
            <Compare
              t={props.compareTexts}
              compared={against}
              without={WITHOUT[shown]}
              disabled={loaded !== null && bars.length === 0}
              onCompare={setCompared}
            />
            <Button icon label={chart.csv} disabled={bars.length === 0} onClick={() => saveCsv(bars)}>
              <Icon name="download" />
            </Button>
          </div>
        </div>
      </header>
      {pointedAt && (pointedAt.from >= span.to || pointedAt.to <= span.from) && (
        <p class="wl-energy-pointed" role="status">
          {t.pointsAt(cardTitle(lang, pointedAt, tz))}{" "}
          <Button onClick={() => move({ shown: "day", day: dayKey(pointedAt.from, tz) })}>{t.showPeriod}</Button>
        </p>
      )}
      <Asking
        {...{ t, chart, lang, tz, until, bars, selected, card, isAsked }}
        price={loaded?.own.price ?? null}
        isOneDay={shown === "day"}
        isNarrow={isNarrow}
        onAsk={ask}
        onClear={() => select(null)}
      />
      {bars.length > 0 ? (
        <Chart
          key={`${shown}/${day}`}
          {...{ bars, beside, now, until, lang, zone: tz, selected, amount }}
          from={Math.min(span.from, bars[0]?.at ?? span.from)}
          to={span.to}
          shown={pointedAt}
          headroom={isNarrow ? COMPARE_PX : ASK_PX}
          t={chart}
          title={`${titles[shown]}, ${when}`}
          unit={{ day: chart.perHour, month: chart.perDay, year: chart.perMonth }[shown]}
          place={(at) => ({ day: hourOf, month: monthDay, year: bareMonth })[shown](lang, at, tz)}
          endPlace={shown === "day" && isNarrow ? "24" : undefined}
          placeLong={(at) =>
            shown === "day" ? whenNear(lang, at, now, tz) : (shown === "month" ? weekdayDay : shortMonth)(lang, at, tz)
          }
          summary={selected ? "" : differenceTold || hint}
          hint={selected || difference ? hint : ""}
          onSelect={select}
          onConfirm={ask}
        />
      ) : loaded && !hasFailed ? (
        <NoReadings
          {...{ t, lang, tz, span }}
          period={shown === "year" ? when : month()}
          last={loaded.own.last}
          nearest={loaded.nearest}
          nameOf={nameOf}
          onShow={(at) => move({ day: dayKey(at, tz) })}
        />
      ) : hasFailed ? (
        <p class="wl-sub wl-chart-none" role="status">
          {t.failed}
        </p>
      ) : (
        <p class="wl-chart-none wl-chart-wait" role="status">
          <span class="wl-visually-hidden">{t.loading}</span>
        </p>
      )}
    </>
  );
}

interface NoReadingsProps {
  readonly t: PortalTexts;
  readonly lang: Lang;
  readonly tz: string | undefined;
  readonly span: Span;
  readonly period: string;
  readonly last: Consumption["last"];
  readonly nearest: number | null;
  /** Return the name of the period of this length that holds the moment. */
  readonly nameOf: (at: number) => string;
  readonly onShow: (at: number) => void;
}

/** Say that the period has no readings and when the last one came, and lead to it. */
function NoReadings({ t, lang, tz, span, period, last, nearest, nameOf, onShow }: NoReadingsProps) {
  const isElsewhere = last && (last.at < span.from || last.at >= span.to);
  const other = nearest ?? last?.at ?? 0;
  return (
    <div class="wl-nothing wl-chart-none" role="status">
      <span class="wl-nothing-picture">
        <Icon name="meter" />
      </span>
      <strong>{t.noReadingsIn(period)}</strong>
      <p>
        {last ? t.lastReading(`${dayOfYear(lang, last.at, tz)}, ${clock(lang, last.at, tz)}`) : t.noReadings}
        {last && last.at < span.from && ` ${t.mayBeOff}`}
      </p>
      {isElsewhere && <Button onClick={() => onShow(other)}>{t.showOther(nameOf(other))}</Button>}
    </div>
  );
}

/** Return the selected period; null without one. */
function cardOf(bars: readonly Bar[], selected: Selected | null, meter: string | undefined): Card | null {
  const [first, last] = [bars[selected?.first ?? -1], bars[selected?.last ?? -1]];
  return meter !== undefined && first && last ? { meter, from: first.at, to: last.to } : null;
}

/** Return what the bars are compared with: the usual by default where it is known. */
function besideOf(
  { compareTexts: t, tz }: EnergyProps,
  bars: readonly Bar[],
  compared: Compared,
  loaded: Loaded | null,
  untilMs: number,
) {
  return comparison({ t, compared, own: bars, others: loaded?.others ?? null, zone: tz, untilMs });
}

interface AskingProps {
  readonly t: PortalTexts;
  readonly chart: ChartTexts;
  readonly lang: Lang;
  readonly tz: string | undefined;
  readonly until: number;
  readonly bars: readonly Bar[];
  readonly selected: Selected | null;
  readonly card: Card | null;
  /** Whether it was asked about. */
  readonly isAsked: boolean;
  readonly price: Money | null;
  readonly isOneDay: boolean;
  /** Whether there is room for the hours of the shown day only. */
  readonly isNarrow: boolean;
  readonly onAsk: () => void;
  readonly onClear: () => void;
}

/** Say what the selected bars amount to, and offer to ask about them: in the chart's head, so that nothing moves. */
function Asking(props: AskingProps) {
  const { t, chart, lang, tz, bars, selected, card } = props;
  const place = useRef<HTMLDivElement>(null);
  const chosen = selected ? bars.slice(selected.first, selected.last + 1) : [];
  const [first, last] = [bars[0], bars[bars.length - 1]];
  useEffect(() => {
    if (!card || !first || !last) return;
    const middle = ((card.from + card.to) / 2 - first.at) / (last.to - first.at);
    place.current?.style.setProperty("--wl-ask-at", String(middle));
    place.current?.toggleAttribute("data-late", middle > 0.5);
  });
  // On a phone it stands below the chart, maybe below the screen. A finger that scrolls the page is not lifted here.
  useLayoutEffect(() => {
    if (!card || !props.isNarrow) return undefined;
    const see = (): void => place.current?.scrollIntoView({ block: "nearest" });
    addEventListener("pointerup", see, { once: true });
    return () => removeEventListener("pointerup", see);
  }, [card?.from, card?.to, props.isNarrow]);
  const facts = factsOf(bars, selected?.first ?? 0, selected?.last ?? 0, props.until, props.price);
  const difference = differenceInWords(chart, lang, facts);
  const rest = restInWords(chart, lang, facts, props.isOneDay);
  const period = card ? cardTitle(lang, card, tz) : "";
  const sum = card && (
    <>
      <strong>{energy(lang, facts.wh)}</strong> {props.isNarrow && (props.isOneDay ? hours(lang, card, tz) : period)}
      {difference && (
        <>
          <span class="wl-energy-dot"> · </span>
          <span class={chosen.some(({ unusual }) => unusual) ? "wl-energy-odd" : undefined}>{difference}</span>
        </>
      )}
      {!props.isNarrow &&
        rest.map((fact) => (
          <>
            {" "}
            <span class="wl-energy-fact">· {fact}</span>
          </>
        ))}
    </>
  );
  return (
    <>
      {/* Where the button leaves it no room. */}
      <p class="wl-energy-sum wl-number" role="status">
        {sum}
      </p>
      <div ref={place} class="wl-energy-ask" data-testid="asking" {...(card && { "data-wattline-chart": "" })}>
        {card && (
          <>
            <span role="status" class="wl-number">
              {sum}
            </span>
            {!props.isAsked && (
              <Button kind="primary" onClick={props.onAsk}>
                <Icon name="chat" /> {t.askAbout(period)}
              </Button>
            )}
            <Button kind="quiet" onClick={props.onClear}>
              {t.clear}
            </Button>
          </>
        )}
      </div>
    </>
  );
}

/** "17:00–21:00" */
function hours(lang: Lang, { from, to }: Card, zone: Zone): string {
  const end = clock(lang, to, zone);
  return `${clock(lang, from, zone)}–${end === "00:00" ? "24:00" : end}`;
}
