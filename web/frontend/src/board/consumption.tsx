import { effect, signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { keepPolling } from "../link/polling.ts";
import type { Consumption as Profile, Step } from "../link/rest.ts";
import { pageTimers } from "../link/timers.ts";
import { Button } from "../ui/button.tsx";
import { Chart } from "../ui/chart.tsx";
import { Compare, type Compares, comparison } from "../ui/compare.tsx";
import { type Compared, weekBefore } from "../ui/consumption-compare.ts";
import { cardTitle, clock, energy, power, shortDay, shortMonth, span, weekdayDay } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { marked, peak, total } from "../ui/load-profile.ts";
import { type BoardTexts, compareTextsFor, type Texts, yearTextsFor } from "../ui/messages.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import type { Board } from "./state.ts";
import { Year } from "./year.tsx";

interface ConsumptionProps {
  readonly board: Board;
  readonly t: BoardTexts;
  readonly words: Texts;
  readonly client: string;
}

export type ShownStep = Extract<Step, "hour" | "day" | "month"> | "year";
const STEPS: readonly ShownStep[] = ["hour", "day", "month", "year"];
const DAY_MS = 86_400_000;
const LENGTH_MS: Readonly<Record<ShownStep, number>> = {
  hour: DAY_MS,
  day: 30 * DAY_MS,
  month: 365 * DAY_MS,
  year: 365 * DAY_MS,
};
/** A year is a curve of its quarters; what is said of it in words goes by months. */
const askedStep = (step: ShownStep): Step => (step === "year" ? "month" : step);
/** A live value older than this is history. */
const LIVE_MS = 90_000;
const JUST_NOW_MS = 1500;

/** Kept while one goes from client to client: who looks at hours wants hours. */
export const shownStep = signal<ShownStep>("day");
export const comparedWith = signal<Compared>("none");

interface Chosen {
  readonly client: string;
  readonly from: number;
  readonly to: number;
  readonly wh: number;
}

/** The period that was chosen on the chart, and the button that puts it into the chat: both sides see the same picture. */
function Ask({
  board,
  t,
  chosen,
  meter,
  onDone,
}: {
  readonly board: Board;
  readonly t: BoardTexts;
  readonly chosen: Chosen;
  readonly meter: string;
  readonly onDone: () => void;
}) {
  const { tz } = board.config;
  const card = { meter, from: chosen.from, to: chosen.to };
  return (
    <div class="wl-asking" data-testid="asking">
      <span class="wl-number" role="status">
        {t.chosenPeriod(cardTitle(t.lang, card, tz), energy(t.lang, chosen.wh))}
      </span>
      <Button
        data-testid="ask"
        onClick={() => {
          board.desk.open(chosen.client).share({ kind: "card", card });
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

interface LiveProps extends Omit<ConsumptionProps, "words"> {
  /** What was stored last, until something is heard. */
  readonly stored: Profile["last"];
}

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

/** What the client used, by hour, day or month, and what the meter says now. */
export function Consumption({ board, t, words, client }: ConsumptionProps) {
  const step = shownStep.value;
  const { tz } = board.config;
  const { lang } = t;
  const compared = step === "year" || (step === "month" && comparedWith.value === "week") ? "none" : comparedWith.value;
  const [answer, setAnswer] = useState<{ client: string; step: ShownStep; profile: Profile | null } | null>(null);
  const [others, setOthers] = useState<(NonNullable<Compares["others"]> & { readonly key: string }) | null>(null);
  const othersKey = `${client}/${step}/${compared}`;

  useEffect(() => {
    let gone = false;
    const load = async (): Promise<boolean> => {
      const to = board.outside.now();
      try {
        const profile = await board.outside.consumption(client, {
          from: to - LENGTH_MS[step],
          to,
          step: askedStep(step),
        });
        if (!gone) setAnswer({ client, step, profile });
        return total(profile.points) > 0;
      } catch {
        // What is shown already stays; the chart of another client does not.
        if (!gone)
          setAnswer((held) =>
            held?.profile && held.client === client && held.step === step ? held : { client, step, profile: null },
          );
        return false;
      }
    };
    const fresh = keepPolling(load, pageTimers);
    const reading = board.desk.reading(client);
    const before = reading.peek();
    // The bridge tells of a reading after it is stored: the bars hold it from then on.
    const unhear = effect(() => {
      if (reading.value !== before) fresh.stir();
    });
    return () => {
      gone = true;
      unhear();
      fresh.stop();
    };
  }, [client, step]);

  // What stands beside the bars comes after them, and again as they grow.
  const grown = answer?.profile?.points.length ?? 0;
  useEffect(() => {
    if (compared === "none") return;
    let gone = false;
    const to = board.outside.now();
    const period = { from: to - LENGTH_MS[step], to };
    const asked =
      compared === "standard"
        ? board.outside.standard(client, { ...period, step: askedStep(step) })
        : board.outside.consumption(client, { ...weekBefore(period), step: askedStep(step) });
    asked.then(
      (found) => !gone && setOthers({ ...found, key: othersKey }),
      () => undefined, // the bars stand without it
    );
    return () => {
      gone = true;
    };
  }, [othersKey, grown]);

  const place = useMemo(
    () => (at: number) =>
      step === "hour" ? clock(lang, at, tz) : step === "day" ? shortDay(lang, at, tz) : shortMonth(lang, at, tz),
    [step, lang, tz],
  );
  const placeLong = step === "day" ? (at: number) => weekdayDay(lang, at, tz) : place;
  const amount = useMemo(() => (wh: number) => energy(lang, wh), [lang]);
  const current = answer?.client === client && answer.step === step ? answer : null;
  const bars = useMemo(() => marked(current?.profile?.points ?? []), [current]);
  const yearTexts = useMemo(() => yearTextsFor(lang), [lang]);
  const names = { hour: t.hour, day: t.day, month: t.month, year: yearTexts.year };
  const lengths = { hour: t.lastHours, day: t.lastDays, month: t.lastMonths, year: yearTexts.lastYear };
  const highest = peak(bars);
  const compareTexts = useMemo(() => compareTextsFor(lang), [lang]);
  const { beside, words: comparedWords } = useMemo(
    () =>
      comparison({
        t: compareTexts,
        compared,
        own: current?.profile?.points ?? [],
        others: others?.key === othersKey ? others : null,
        zone: tz,
        nowMs: board.outside.now(),
      }),
    [current, others, othersKey, compareTexts],
  );
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const meter = current?.profile?.last?.meter ?? board.clients.facts.value[client]?.meters[0];
  const choose = (first: number, last: number): void => {
    const points = current?.profile?.points ?? [];
    const [from, end] = [points[first], points[last]];
    const to = end?.to ?? points[last + 1]?.at;
    if (from && to !== undefined) setChosen({ client, from: from.at, to, wh: total(points.slice(first, last + 1)) });
  };
  const summary = highest
    ? [words.total(amount(total(bars))), words.peak(placeLong(highest.at), amount(highest.wh)), comparedWords]
        .filter(Boolean)
        .join(" · ")
    : "";
  return (
    <section class="wl-context-part" aria-labelledby="wl-consumption">
      <div class="wl-context-head">
        <h2 id="wl-consumption">{t.consumption}</h2>
        <div class="wl-steps" role="group" aria-label={t.step}>
          {STEPS.map((name) => (
            <button
              key={name}
              type="button"
              class="wl-step"
              aria-pressed={step === name}
              onClick={() => {
                shownStep.value = name;
              }}
            >
              {names[name]}
            </button>
          ))}
        </div>
      </div>
      {step === "year" ? (
        <Year
          key={client}
          board={board}
          words={words}
          client={client}
          title={`${t.consumption}, ${lengths[step]}`}
          months={current?.profile?.points ?? null}
          {...(meter === undefined ? {} : { onSelect: (from, to, wh) => setChosen({ client, from, to, wh }) })}
        />
      ) : highest && highest.wh > 0 ? (
        <Chart
          key={`${client}/${step}`}
          bars={bars}
          beside={beside}
          t={words}
          title={`${t.consumption}, ${lengths[step]}. ${meter === undefined ? "" : t.chooseHint}`}
          place={place}
          placeLong={placeLong}
          amount={amount}
          summary={summary}
          {...(meter === undefined ? {} : { onSelect: choose })}
        />
      ) : (
        <p class={current ? "wl-chart-none" : "wl-chart-none wl-skeleton"} aria-busy={!current}>
          {!current ? (
            <span class="wl-hidden">{words.loading}</span>
          ) : current.profile ? (
            words.noReadings
          ) : (
            words.chartFailed
          )}
        </p>
      )}
      {step !== "year" && highest && highest.wh > 0 && (
        <Compare
          t={compareTexts}
          compared={compared}
          {...(step === "month" ? { without: "week" as const } : {})}
          onCompare={(next) => {
            comparedWith.value = next;
          }}
        />
      )}
      {chosen?.client === client && meter !== undefined && (
        <Ask board={board} t={t} chosen={chosen} meter={meter} onDone={() => setChosen(null)} />
      )}
      <Live board={board} t={t} client={client} stored={current?.profile?.last ?? null} />
    </section>
  );
}
