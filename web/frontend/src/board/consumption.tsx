import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Consumption as Profile } from "../link/rest.ts";
import { Button } from "../ui/button.tsx";
import { Chart, type Selected } from "../ui/chart.tsx";
import { Compare, type Compares, comparison } from "../ui/compare.tsx";
import { type Compared, fitting, monthBefore, WITHOUT, weekBefore } from "../ui/consumption-compare.ts";
import {
  bareMonth,
  clock,
  cost,
  dayKey,
  dayOfYear,
  daysBefore,
  energy,
  hourOf,
  midnight,
  monthDay,
  periodTitle,
  power,
  shortMonth,
  span,
  weekdayDay,
  whenNear,
  yearOf,
  type Zone,
} from "../ui/format.ts";
import { EmptyPicture, Icon } from "../ui/icon.tsx";
import { knownUntil, lastUnusual, marked, peak, total } from "../ui/load-profile.ts";
import { EmptyState } from "../ui/message-list.tsx";
import { type BoardTexts, compareTextsFor, type Lang } from "../ui/messages.ts";
import { moved } from "../ui/period.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import { Ask, type AskedStep, type SelectedPeriod } from "./ask-about.tsx";
import { type Load, useRequest } from "./request.tsx";
import { routeHash } from "./route.ts";
import type { ClientViewProps } from "./state.ts";
import { Steps } from "./steps.tsx";
import { NoChart, QuarterHours } from "./year-curve.tsx";

const RANGES = ["day", "week", "month", "year"] as const;
export type Range = (typeof RANGES)[number];
const STEP: Readonly<Record<Range, AskedStep>> = { day: "hour", week: "day", month: "day", year: "month" };
/** The room of an axis' names in CSS pixels: "08", "Wed", "24". A chart of months knows theirs. */
const NAME_PX = { day: 30, week: 32, month: 26, year: undefined } as const;
/** A live value older than this is history. */
const LIVE_MS = 90_000;
const JUST_NOW_MS = 1500;

/** The agent's choice of range and comparison, the same for every client. */
export const shownRange = signal<Range>("month");
export const comparedWith = signal<Compared>("none");

/** Return a period's first day. A week is the seven days that end with today; the others are the calendar's, as bills have them. */
const firstDay = (range: Range, today: string, back: number): string =>
  range === "week" ? daysBefore(today, 7 * back + 6) : moved(range, today, -back);

/** Return the shown period and step. Args: back: how many periods ago. */
export function periodOf(range: Range, nowMs: number, back: number, zone: Zone) {
  const beginOf = (place: number): number => midnight(firstDay(range, dayKey(nowMs, zone), place), zone);
  return { from: beginOf(back), to: beginOf(back - 1), step: STEP[range] };
}

/** Return how many periods ago the first one shown is: a month has no whole day on its first day, a year no whole month in its first. */
function backAtFirst(range: Range, nowMs: number, zone: Zone): number {
  const [, month, day] = dayKey(nowMs, zone).split("-");
  return (range === "month" && day === "01") || (range === "year" && month === "01") ? 1 : 0;
}

/** Name a period: "Tue, 1 Dec 2026", by its days "1–30 Nov 2026", and a year by its number. */
function titleOf({ lang }: BoardTexts, range: Range, from: number, to: number, zone: Zone): string {
  if (range === "day") return dayOfYear(lang, from, zone);
  return range === "year" ? yearOf(lang, from, zone) : periodTitle(lang, from, to, zone);
}

interface LiveProps extends Omit<ClientViewProps, "words"> {
  /** The last stored reading, for the time before the first live one. */
  readonly stored: Profile["last"];
}

/** Show the meter's present power, and how old it is. */
export function Live({ board, t, client, stored }: LiveProps) {
  const [, again] = useState(0);
  const reading = board.desk.reading(client).value ?? stored;
  useEffect(() => {
    const timer = setInterval(() => again((times) => times + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  if (!reading) return null;
  const age = board.outside.now() - reading.at;
  return (
    <p class="wl-context-line wl-number" data-testid="live">
      <PresenceDot state={age < LIVE_MS ? "online" : "offline"} />{" "}
      {reading.w !== null && (
        <>
          <strong>{(age < LIVE_MS ? t.now : t.lastPower)(power(t.lang, reading.w))}</strong>{" "}
        </>
      )}
      <span class="wl-muted">
        {reading.w !== null && "· "}
        {age < JUST_NOW_MS ? t.meterNow : t.meterAgo(span(t.lang, age))}
      </span>
    </p>
  );
}

/** Return how many periods ago a moment was. */
function backTo(range: Range, nowMs: number, atMs: number, zone: Zone): number {
  const [today, day] = [dayKey(nowMs, zone), dayKey(atMs, zone)];
  let back = 0;
  while (firstDay(range, today, back) > day) back += 1;
  return back;
}

/** Lead an administrator to the devices, which other agents do not see. */
const ToDevices = ({ board, children }: Pick<ClientViewProps, "board"> & { readonly children: string }) =>
  board.config.me.admin ? (
    <a class="wl-button" href={routeHash({ client: null, pane: "list", page: "devices" })}>
      {children}
    </a>
  ) : null;

/** Say that the period has no readings and when the last one came, and lead to it. */
function NoReadings({ board, t, range, back, last, onMove }: BarsProps & { readonly last: Profile["last"] }) {
  const { tz } = board.config;
  const nowMs = board.now.value;
  const titleAt = (place: number): string => {
    const { from, to } = periodOf(range, nowMs, place, tz);
    return titleOf(t, range, from, to, tz);
  };
  const lastBack = last === null ? back : backTo(range, nowMs, last.at, tz);
  return (
    <EmptyState
      title={t.noReadingsIn(titleAt(back))}
      text={last === null ? t.noMeterText : t.lastReading(whenNear(t.lang, last.at, nowMs, tz))}
    >
      <EmptyPicture name="meter" />
      {lastBack === back ? (
        <ToDevices board={board}>{t.checkDevice}</ToDevices>
      ) : (
        <Button onClick={() => onMove(lastBack)}>{t.showPeriod(titleAt(lastBack))}</Button>
      )}
    </EmptyState>
  );
}

interface BarsProps extends ClientViewProps {
  readonly range: Range;
  readonly back: number;
  readonly onMove: (back: number) => void;
  readonly title: string;
  readonly load: Load<Profile>;
  readonly again: () => void;
  readonly selection: SelectedPeriod | null;
  readonly meter: string | undefined;
  readonly onSelect: ((selection: SelectedPeriod | null) => void) | undefined;
}

const NO_POINTS: Profile["points"] = [];

/** Request what stands beside the bars, again as they grow, and return it with its difference in words. */
function useComparison({ board, t, client, range, back, load }: BarsProps, compared: Compared, until: number) {
  const { lang } = t;
  const texts = useMemo(() => compareTextsFor(lang), [lang]);
  const own = load.state === "loaded" ? load.value.points : NO_POINTS;
  const others = useRequest<NonNullable<Compares["others"]>>({
    key: compared === "none" || compared === "usual" ? null : `${client}/${range}/${back}/${compared}`,
    version: own.length,
    ask: () => {
      const period = periodOf(range, board.outside.now(), back, board.config.tz);
      const { api } = board.desk;
      if (compared === "standard") return api.standard(client, period);
      const before = compared === "month" ? monthBefore(period, board.config.tz) : weekBefore(period);
      return api.consumption(client, { ...period, ...before });
    },
  }).load;
  const { beside, words } = useMemo(
    () =>
      comparison({
        t: texts,
        compared,
        own,
        others: others.state === "loaded" ? others.value : null,
        zone: board.config.tz,
        untilMs: until,
      }),
    [compared, own, others, texts],
  );
  return { beside, difference: words, texts };
}

/** Show a client's consumption as bars, with what it is compared with. */
function Bars(props: BarsProps) {
  const { board, t, words, client, range, title, load, again, selection, meter, onSelect } = props;
  const { tz } = board.config;
  const { lang } = t;
  const compared = fitting(comparedWith.value, range);
  const now = board.outside.now();
  const until = knownUntil(load.state === "loaded" ? load.value.last : null, now);
  const { beside, difference, texts } = useComparison(props, compared, until);
  const place = useMemo(() => {
    const weekdayOf = (_: Lang, at: number) => weekdayDay(lang, at, tz).split(" ")[0] ?? "";
    const placeOf = { day: hourOf, week: weekdayOf, month: monthDay, year: bareMonth }[range];
    return (at: number) => placeOf(lang, at, tz);
  }, [range, lang, tz]);
  const amount = useMemo(() => (wh: number, most?: number) => energy(lang, wh, most), [lang]);
  const points = load.state === "loaded" ? load.value.points : NO_POINTS;
  const bars = useMemo(() => marked(points), [points]);
  const highest = peak(bars);
  const asking = useRef<HTMLDivElement>(null);
  if (load.state === "loaded" && points.length === 0) return <NoReadings {...props} last={load.value.last} />;
  if (!highest || highest.wh === 0) return <NoChart {...{ t, words, again }} state={load.state} />;

  const { from, to, step } = periodOf(range, now, props.back, tz);
  const placeLong = (at: number): string => ({ hour: clock, day: weekdayDay, month: shortMonth })[step](lang, at, tz);
  const periodAt = (place: Selected | null): SelectedPeriod | null => {
    const [begin, last] = [points[place?.first ?? -1], points[place?.last ?? -1]];
    const end = last?.to ?? points[(place?.last ?? -1) + 1]?.at;
    if (!place || !begin || end === undefined) return null;
    return { from: begin.at, to: end, wh: total(points.slice(place.first, place.last + 1)) };
  };
  const chosen = selection && {
    first: points.findIndex(({ at }) => at >= selection.from),
    last: points.findLastIndex(({ at }) => at < selection.to),
  };
  const price = load.state === "loaded" ? load.value.price : null;
  const facts = [
    price && words.about(cost(lang, total(bars), price)),
    bars.length > 1 && words.peak(placeLong(highest.at), amount(highest.wh)).replaceAll(" ", "\u00a0"),
    difference,
  ];
  return (
    <>
      <Chart
        key={`${client}/${range}/${props.back}`}
        bars={bars}
        // What is to come has its place too.
        {...{ from, to, now, until, beside }}
        t={words}
        lang={lang}
        zone={tz}
        unit={{ hour: words.perHour, day: words.perDay, month: words.perMonth }[step]}
        title={`${title}, ${amount(total(bars))}`}
        place={place}
        placeLong={placeLong}
        namePx={NAME_PX[range]}
        amount={amount}
        summary={facts.filter(Boolean).join(" · ").replaceAll(" kW", "\u00a0kW")}
        selected={chosen}
        {...(onSelect ? { onSelect: (next) => onSelect(periodAt(next)), hint: t.chooseHint } : {})}
        // Not at once: the client sees what is asked.
        onConfirm={() => asking.current?.querySelector<HTMLElement>(".wl-button-soft")?.focus()}
      />
      <Ask
        place={asking}
        {...{ board, t, client, step, meter, selection }}
        suggested={periodAt(lastUnusual(bars))}
        onDone={() => onSelect?.(null)}
      >
        <Compare
          t={texts}
          compared={compared}
          without={WITHOUT[range]}
          onCompare={(next) => {
            comparedWith.value = next;
          }}
        />
      </Ask>
      {range === "year" && (
        <QuarterHours {...{ board, t, words, client, from, to, meter }} title={yearOf(lang, from, tz)} />
      )}
    </>
  );
}

interface PeriodProps extends Omit<ClientViewProps, "words" | "client"> {
  readonly range: Range;
  readonly back: number;
  readonly onMove: (back: number) => void;
  /** What was used in it; null: not known. */
  readonly wh: number | null;
}

/** Name the shown period and its total, with buttons to the periods before and after. */
function Period({ board, t, range, back, onMove, wh }: PeriodProps) {
  const { tz } = board.config;
  const { from, to } = periodOf(range, board.now.value, back, tz);
  return (
    <div class={`wl-period wl-period-${range}`}>
      <span class="wl-period-name">
        <Button kind="quiet" icon label={t.periodBefore} onClick={() => onMove(back + 1)}>
          <Icon name="back" />
        </Button>
        <strong class="wl-number" role="status" data-testid="period">
          {titleOf(t, range, from, to, tz)}
        </strong>
        <Button kind="quiet" icon label={t.periodAfter} disabled={back === 0} onClick={() => onMove(back - 1)}>
          <Icon name="next" />
        </Button>
      </span>
      {wh !== null && <strong class="wl-number">{energy(t.lang, wh)}</strong>}
    </div>
  );
}

/** Show what the client used, and what the meter reports now. */
export function Consumption({ board, t, words, client }: ClientViewProps) {
  const range = shownRange.value;
  const firstBack = (next: Range): number => backAtFirst(next, board.outside.now(), board.config.tz);
  const [back, setBack] = useState(() => firstBack(range));
  const [selection, setSelection] = useState<SelectedPeriod | null>(null);
  const move = (to: number): void => {
    setBack(to);
    setSelection(null);
  };
  const { from, to } = periodOf(range, board.now.value, back, board.config.tz);
  const { load, again } = useRequest<Profile>({
    // By its begin: after midnight it is another day, of which the answer knows nothing.
    key: board.drawn.value === client ? `${client}/${range}/${from}` : null,
    ask: () => board.desk.api.consumption(client, periodOf(range, board.outside.now(), back, board.config.tz)),
    // An earlier period may be empty too: a new meter is still sending its history.
    polling: {
      isComplete: ({ points }) => total(points) > 0,
      // The bridge publishes a reading after it stored it: from then on the bars hold it.
      ...(back === 0 && { changes: board.desk.reading(client) }),
    },
  });
  const profile = load.state === "loaded" ? load.value : null;
  const facts = board.clients.facts.valueOf(client);
  const meter = profile?.last?.meter ?? facts?.meters[0];
  const onSelect = meter === undefined ? undefined : setSelection;
  const names = { day: t.day, week: t.week, month: t.month, year: t.year };
  const title = `${t.consumption}, ${titleOf(t, range, from, to, board.config.tz)}`;
  const props = { board, t, words, client, title };
  if (profile?.last === null && facts?.meters.length === 0 && facts.devices.length === 0)
    return (
      <section class="wl-context-part" aria-labelledby="wl-consumption">
        <h2 id="wl-consumption" tabIndex={-1}>
          {t.consumption}
        </h2>
        <EmptyState title={t.noMeter} text={t.noMeterText}>
          <EmptyPicture name="meter" />
          <ToDevices board={board}>{t.connectDevice}</ToDevices>
        </EmptyState>
      </section>
    );
  return (
    <section class="wl-context-part" aria-labelledby="wl-consumption">
      <div class="wl-context-head">
        <h2 id="wl-consumption" tabIndex={-1}>
          {t.consumption}
        </h2>
        <Steps
          options={RANGES}
          chosen={range}
          nameOf={(name) => names[name]}
          onChoose={(name) => {
            shownRange.value = name;
            move(firstBack(name));
          }}
          aria-label={t.range}
        />
      </div>
      <Period {...{ board, t, range, back }} onMove={move} wh={profile && (total(profile.points) || null)} />
      <Bars {...props} {...{ range, back, load, again, selection, meter, onSelect }} onMove={move} />
      <Live board={board} t={t} client={client} stored={profile?.last ?? null} />
    </section>
  );
}
