/** "Share a period": choose some days, or some hours of a day, on a chart. Drawn by the chunk of cards. */

import { useMemo, useState } from "preact/hooks";
import type { Consumption } from "../link/rest.ts";
import type { Card } from "../protocol/kinds.ts";
import { Button } from "../ui/button.tsx";
import { Chart, type Selected, unusualIn } from "../ui/chart.tsx";
import { type Bar, withEnds } from "../ui/chart-layout.ts";
import { BACK, BARS, CLOSE, Drawing, NEXT } from "../ui/drawing.tsx";
import { cardTitle, energy, hourOf, shortDay, weekdayDay, whenNear } from "../ui/format.ts";
import { knownUntil, marked } from "../ui/load-profile.ts";
import { chartMessages, type LaterTexts, type Texts } from "../ui/messages.ts";
import { differenceInWords, factsOf } from "../ui/period-facts.ts";
import { useLoaded } from "../ui/use-loaded.ts";

const DAY_MS = 86_400_000;
const DAYS = 14;
/** So many days can be chosen by name, and those that are unusual; all can on the chart. */
const NEWEST = 4;
const STEPS = ["day", "hour"] as const;
type Step = (typeof STEPS)[number];

export type DaysLoaded = "loading" | "found" | "empty" | "failed";

export interface DaysProps {
  readonly t: Texts;
  readonly lt: LaterTexts;
  readonly load: (from: number, to: number, step: Step) => Promise<Consumption>;
  readonly now: number;
  readonly onChoose: (card: Card) => void;
  readonly onClose: () => void;
  readonly onGone: () => void;
}

/** `asked`: the step, and where the period begins. */
type Answer = Consumption & { readonly asked: string };

/** Return the bars of a step, and the meter that they are of. A day without energy is left out; an hour is not. */
function foundIn(
  answer: Answer | "loading" | "failed",
  step: Step,
  asked: string,
): {
  bars: readonly Bar[];
  meter: string;
  state: DaysLoaded;
} {
  if (typeof answer === "string") return { bars: [], meter: "", state: answer };
  if (answer.asked !== asked) return { bars: [], meter: "", state: "loading" };
  const bars = withEnds(marked(answer.points)).filter(({ wh }) => wh > 0 || step === "hour");
  const meter = answer.last?.meter ?? "";
  return { bars, meter, state: meter && bars.some(({ wh }) => wh > 0) ? "found" : "empty" };
}

/** Return what is chosen at first: the newest unusual bar, else the newest. */
function firstChoice(bars: readonly Bar[]): Selected {
  const odd = bars.findLastIndex(({ unusual }) => unusual);
  const index = odd < 0 ? bars.length - 1 : odd;
  return { first: index, last: index };
}

export function Days(props: DaysProps) {
  const { t, lt, load, now, onChoose, onClose } = props;
  const texts = chartMessages[t.lang];
  const [step, setStep] = useState<Step>("day");
  /** The days whose hours can be shown, and the one whose are. */
  const [days, setDays] = useState<readonly Bar[]>([]);
  const [at, setAt] = useState(0);
  const day = step === "hour" ? days[at] : undefined;
  const [chosen, setChosen] = useState<Selected | null>(null);
  const [begun] = useState(now); // the days stay the same while it is open
  const { at: from, to } = day ?? { at: begun - DAYS * DAY_MS, to: begun };
  const asked = step + from;
  const [tries, setTries] = useState(0);
  const answer = useLoaded(async () => ({ ...(await load(from, to, step)), asked }), [asked, tries]);
  const { bars, meter, state } = useMemo(() => foundIn(answer, step, asked), [answer, asked]);
  const { tz: zone, last }: Partial<Answer> = typeof answer === "string" ? {} : answer;
  const selected = chosen ?? firstChoice(bars);
  const card: Card = { meter, from: bars[selected.first]?.at ?? 0, to: bars[selected.last]?.to ?? 0 };
  const showHours = (of: number): void => {
    setChosen(null);
    setAt(of);
  };
  const show = (next: Step): void => {
    if (next === "hour") setDays(bars);
    showHours(selected.last);
    setStep(next);
  };
  return (
    <div class="wl-picker" data-testid="days">
      <div class="wl-sheet-head">
        <h2>{lt.sharePeriod}</h2>
        <Button kind="quiet" icon label={lt.hide} onClick={onClose}>
          <Drawing path={CLOSE} />
        </Button>
      </div>
      <div class="wl-strip-row">
        <div class="wl-picker-steps" role="group" aria-label={lt.sharePeriod}>
          {STEPS.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === step}
              disabled={each === "hour" && step === "day" && state !== "found"}
              onClick={() => each !== step && show(each)}
            >
              {{ day: lt.days, hour: lt.hours }[each]}
            </button>
          ))}
        </div>
        {day &&
          [-1, 0, 1].map((by) => {
            const name = weekdayDay(t.lang, (days[at + by] ?? day).at, zone);
            if (by === 0) return <strong key={by}>{name}</strong>;
            return (
              <Button
                key={by}
                kind="quiet"
                icon
                label={name}
                disabled={!days[at + by]}
                onClick={() => showHours(at + by)}
              >
                <Drawing path={by < 0 ? BACK : NEXT} />
              </Button>
            );
          })}
      </div>
      {state === "found" ? (
        <Found {...{ ...props, step, bars, selected, zone }} until={knownUntil(last, now)} onSelect={setChosen} />
      ) : state === "loading" ? (
        <>
          <div class="wl-chart wl-picker-shape" />
          <p role="status" class="wl-chart-line">
            {t.loading}
          </p>
          {!day && (
            <ul class="wl-days">
              {[1, 2, 3, NEWEST].map((row) => (
                <li key={row} class="wl-picker-shape" />
              ))}
            </ul>
          )}
        </>
      ) : (
        <p role="status" class="wl-muted">
          <Drawing path={BARS} />
          <br />
          {state === "failed" ? texts.chartFailed : texts.noReadings}
        </p>
      )}
      <Button
        kind="primary"
        disabled={state === "loading"}
        onClick={
          { loading: undefined, found: () => onChoose(card), failed: () => setTries(tries + 1), empty: onClose }[state]
        }
      >
        {state === "found"
          ? lt.addPeriod(cardTitle(t.lang, card, zone))
          : { loading: lt.sharePeriod, failed: texts.again, empty: lt.write }[state]}
      </Button>
    </div>
  );
}

interface FoundProps extends DaysProps {
  readonly step: Step;
  readonly bars: readonly Bar[];
  readonly selected: Selected;
  readonly zone: string | undefined;
  readonly until: number;
  readonly onSelect: (selected: Selected | null) => void;
}

/** Show the chart; under it the newest days and the unusual ones, for those who would rather choose by name. */
function Found({ t, lt, now, until, step, bars, selected, zone, onSelect }: FoundProps) {
  const { lang } = t;
  const texts = chartMessages[lang];
  const facts = factsOf(bars, selected.first, selected.last, until);
  const words = [energy(lang, facts.wh), differenceInWords(texts, lang, facts)];
  return (
    <>
      <Chart
        key={step}
        {...{ bars, now, until, lang, zone, selected, onSelect }}
        t={texts}
        title={lt.sharePeriod}
        unit={step === "day" ? texts.perDay : texts.perHour}
        place={(at) => (step === "day" ? shortDay : hourOf)(lang, at, zone)}
        placeLong={(at) => (step === "day" ? weekdayDay(lang, at, zone) : whenNear(lang, at, now, zone))}
        amount={(wh) => energy(lang, wh)}
        summary={lt.drag}
        isCard
        keepsSelection
      />
      {step === "day" && (
        <ul class="wl-days">
          {bars
            .map(
              (bar, index) =>
                (index >= bars.length - NEWEST || unusualIn(bar, texts)) && (
                  <li key={bar.at}>
                    <button
                      type="button"
                      aria-pressed={index >= selected.first && index <= selected.last}
                      onClick={() => onSelect({ first: index, last: index })}
                    >
                      <i />
                      <span>
                        <span>{weekdayDay(lang, bar.at, zone)}</span>
                        {bar.to > until && (
                          <span class="wl-muted">{texts.until(whenNear(lang, until, now, zone))}</span>
                        )}
                        {unusualIn(bar, texts) && <span class="wl-unusual">{unusualIn(bar, texts)}</span>}
                      </span>
                      <span class="wl-number">{energy(lang, bar.wh)}</span>
                    </button>
                  </li>
                ),
            )
            .reverse()}
        </ul>
      )}
      <p role="status" class="wl-picker-facts wl-number">
        {words.filter(Boolean).join(" · ")}
      </p>
    </>
  );
}
