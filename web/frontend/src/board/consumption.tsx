import { signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";

import type { Consumption as Profile, Step } from "../link/rest.ts";
import { Button } from "../ui/button.tsx";
import { Chart, type Selected } from "../ui/chart.tsx";
import { Compare, type Compares, comparison } from "../ui/compare.tsx";
import { type Compared, weekBefore } from "../ui/consumption-compare.ts";
import { cardTitle, clock, energy, power, shortDay, shortMonth, span, weekdayDay } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { marked, peak, total } from "../ui/load-profile.ts";
import { compareTextsFor } from "../ui/messages.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import { type Load, useRequest } from "./request.tsx";
import type { ClientViewProps } from "./state.ts";
import { Steps } from "./steps.tsx";
import { NoChart, Year } from "./year.tsx";

export type ShownStep = Extract<Step, "hour" | "day" | "month"> | "year";
const STEPS: readonly ShownStep[] = ["hour", "day", "month", "year"];
const DAY_MS = 86_400_000;
const LENGTH_MS: Readonly<Record<ShownStep, number>> = {
  hour: DAY_MS,
  day: 30 * DAY_MS,
  month: 365 * DAY_MS,
  year: 365 * DAY_MS,
};
/** A live value older than this is history. */
const LIVE_MS = 90_000;
const JUST_NOW_MS = 1500;

/** The agent's choice of step and comparison, the same for every client. */
export const shownStep = signal<ShownStep>("day");
export const comparedWith = signal<Compared>("none");

/** A period that the agent selected on a chart. Times in ms. */
interface Selection {
  readonly from: number;
  readonly to: number;
  readonly wh: number;
}

/** Return the shown period and step. A year's curve has its own request; its table goes by months. */
const periodOf = (step: ShownStep, to: number) => ({
  from: to - LENGTH_MS[step],
  to,
  step: step === "year" ? ("month" as const) : step,
});

interface AskProps extends Omit<ClientViewProps, "words"> {
  readonly selection: Selection;
  readonly meter: string;
  readonly onDone: () => void;
}

/** Show the selected period, with a button that sends it to the client as a card. */
function Ask({ board, t, client, selection: { from, to, wh }, meter, onDone }: AskProps) {
  const card = { meter, from, to };
  return (
    <div class="wl-asking" data-testid="asking">
      <span class="wl-number" role="status">
        {t.chosenPeriod(cardTitle(t.lang, card, board.config.tz), energy(t.lang, wh))}
      </span>
      <Button
        data-testid="ask"
        onClick={() => {
          board.desk.open(client).share({ kind: "card", card });
          onDone();
        }}
      >
        {t.askAbout}
      </Button>
      <Button kind="quiet" icon label={t.cancel} onClick={onDone}>
        <Icon name="close" />
      </Button>
    </div>
  );
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
  if (!reading) return <p class="wl-context-line wl-muted">{t.noLive}</p>;
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

interface BarsProps extends ClientViewProps {
  readonly step: Exclude<ShownStep, "year">;
  readonly title: string;
  readonly load: Load<Profile>;
  readonly selection: Selection | null;
  readonly onSelect: ((selection: Selection | null) => void) | undefined;
}

const NO_POINTS: Profile["points"] = [];

/** Request what stands beside the bars, again as they grow, and return it with its difference in words. */
function useComparison({ board, t, client, step, load }: BarsProps, compared: Compared) {
  const { lang } = t;
  const texts = useMemo(() => compareTextsFor(lang), [lang]);
  const own = load.state === "loaded" ? load.value.points : NO_POINTS;
  const others = useRequest<NonNullable<Compares["others"]>>({
    key: compared === "none" ? null : `${client}/${step}/${compared}`,
    version: own.length,
    ask: () => {
      const period = periodOf(step, board.outside.now());
      const { api } = board.desk;
      if (compared === "standard") return api.standard(client, period);
      return api.consumption(client, { ...period, ...weekBefore(period) });
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
        nowMs: board.outside.now(),
      }),
    [own, others, texts],
  );
  return { beside, difference: words, texts };
}

/** Show a client's consumption as bars, with what it is compared with. */
function Bars(props: BarsProps) {
  const { board, t, words, client, step, title, load, selection, onSelect } = props;
  const { tz } = board.config;
  const { lang } = t;
  // Months have no week before.
  const compared = step === "month" && comparedWith.value === "week" ? "none" : comparedWith.value;
  const { beside, difference, texts } = useComparison(props, compared);
  const place = useMemo(
    () => (at: number) => ({ hour: clock, day: shortDay, month: shortMonth })[step](lang, at, tz),
    [step, lang, tz],
  );
  const amount = useMemo(() => (wh: number) => energy(lang, wh), [lang]);
  const points = load.state === "loaded" ? load.value.points : NO_POINTS;
  const bars = useMemo(() => marked(points), [points]);
  const highest = peak(bars);
  if (!highest || highest.wh === 0) return <NoChart state={load.state} words={words} />;

  const placeLong = step === "day" ? (at: number) => weekdayDay(lang, at, tz) : place;
  const select = (chosen: Selected | null): void => {
    const [from, end] = [points[chosen?.first ?? -1], points[chosen?.last ?? -1]];
    const to = end?.to ?? points[(chosen?.last ?? -1) + 1]?.at;
    if (!chosen || !from || to === undefined) onSelect?.(null);
    else onSelect?.({ from: from.at, to, wh: total(points.slice(chosen.first, chosen.last + 1)) });
  };
  const chosen = selection && {
    first: points.findIndex(({ at }) => at >= selection.from),
    last: points.findLastIndex(({ at }) => at < selection.to),
  };
  const facts = [words.total(amount(total(bars))), words.peak(placeLong(highest.at), amount(highest.wh)), difference];
  return (
    <>
      <Chart
        key={`${client}/${step}`}
        bars={bars}
        beside={beside}
        now={board.outside.now()}
        t={words}
        lang={lang}
        zone={tz}
        unit={{ hour: words.perHour, day: words.perDay, month: words.perMonth }[step]}
        title={`${title}. ${onSelect ? t.chooseHint : ""}`}
        place={place}
        placeLong={placeLong}
        amount={amount}
        summary={facts.filter(Boolean).join(" · ")}
        selected={chosen}
        {...(onSelect ? { onSelect: select } : {})}
      />
      <Compare
        t={texts}
        compared={compared}
        {...(step === "month" ? { without: "week" as const } : {})}
        onCompare={(next) => {
          comparedWith.value = next;
        }}
      />
    </>
  );
}

/** Show what the client used, and what the meter reports now. */
export function Consumption({ board, t, words, client }: ClientViewProps) {
  const step = shownStep.value;
  const [selection, setSelection] = useState<Selection | null>(null);
  // The bridge publishes a reading after it stored it: from then on the bars hold it.
  const { load } = useRequest<Profile>({
    key: `${client}/${step}`,
    ask: () => board.desk.api.consumption(client, periodOf(step, board.outside.now())),
    polling: { isComplete: ({ points }) => total(points) > 0, changes: board.desk.reading(client) },
  });
  const profile = load.state === "loaded" ? load.value : null;
  const meter = profile?.last?.meter ?? board.clients.facts.valueOf(client)?.meters[0];
  const onSelect = meter === undefined ? undefined : setSelection;
  const names = { hour: t.hour, day: t.day, month: t.month, year: t.year };
  const lengths = { hour: t.lastHours, day: t.lastDays, month: t.lastMonths, year: t.lastYear };
  const title = `${t.consumption}, ${lengths[step]}`;
  const props = { board, t, words, client, title };
  return (
    <section class="wl-context-part" aria-labelledby="wl-consumption">
      <div class="wl-context-head">
        <h2 id="wl-consumption">{t.consumption}</h2>
        <Steps
          options={STEPS}
          chosen={step}
          nameOf={(name) => names[name]}
          onChoose={(name) => {
            shownStep.value = name;
          }}
          aria-label={t.step}
        />
      </div>
      {step === "year" ? (
        <Year {...props} months={profile?.points ?? NO_POINTS} onSelect={onSelect} />
      ) : (
        <Bars {...props} {...{ step, load, selection, onSelect }} />
      )}
      {selection && meter !== undefined && (
        <Ask {...{ board, t, client, selection, meter }} onDone={() => setSelection(null)} />
      )}
      <Live board={board} t={t} client={client} stored={profile?.last ?? null} />
    </section>
  );
}
