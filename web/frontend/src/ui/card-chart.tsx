import { useMemo, useState } from "preact/hooks";

import type { Card } from "../protocol/kinds.ts";
import { Button } from "./button.tsx";
import { Chart } from "./chart.tsx";
import { withEnds } from "./chart-layout.ts";
import { BARS, Drawing } from "./drawing.tsx";
import {
  cardTitle,
  dayKey,
  daysBefore,
  energy,
  hourOf,
  midnight,
  shortDay,
  weekdayDay,
  whenNear,
  type Zone,
} from "./format.ts";
import { knownUntil, type LoadProfile, marked } from "./load-profile.ts";
import { chartMessages, type Texts } from "./messages.ts";
import { differenceInWords, factsOf, restInWords } from "./period-facts.ts";
import { useLoaded } from "./use-loaded.ts";

export interface CardChartProps {
  readonly t: Texts;
  readonly card: Card;
  readonly now: number;
  readonly zone?: Zone | undefined;
  /** Loads the period; must keep its identity while its inputs do. */
  readonly load: (card: Card, step: "hour" | "day") => Promise<LoadProfile>;
}

const DAY_MS = 86_400_000;

/** Return the step of a card's chart, and what it shows: some hours are shown within their days. */
function shownOf(card: Card, zone: Zone) {
  if (card.to - card.from > 3 * DAY_MS) return { step: "day", shown: card } as const;
  const [from, last] = [dayKey(card.from, zone), dayKey(card.to - 1, zone)];
  return {
    step: "hour",
    shown: { ...card, from: midnight(from, zone), to: midnight(daysBefore(last, -1), zone) },
  } as const;
}

/** Show a shared period of consumption: its total, the bars around it, and what is usual. */
export function CardChart({ t, card, now, zone, load }: CardChartProps) {
  const { lang } = t;
  const texts = chartMessages[lang];
  const { step, shown } = useMemo(() => shownOf(card, zone), [card.from, card.to, zone]);
  const [tries, setTries] = useState(0);
  const answer = useLoaded(() => load(shown, step), [load, card.meter, shown, tries]);
  const title = cardTitle(lang, card, zone);
  const bars = typeof answer === "string" ? [] : withEnds(marked(answer.points));
  const own = bars.filter(({ at, to }) => at >= card.from && to <= card.to);
  const isPart = own.length < bars.length;
  if (own.length === 0) {
    const state = answer === "loading" ? t.loading : answer === "failed" ? texts.chartFailed : texts.noReadings;
    return (
      <figure class="wl-card">
        <CardHead title={title} />
        <figcaption>{state}</figcaption>
        {answer === "failed" && <Button onClick={() => setTries(tries + 1)}>{texts.again}</Button>}
      </figure>
    );
  }
  const amount = (wh: number): string => energy(lang, wh);
  const first = bars.indexOf(own[0] as (typeof bars)[number]);
  const { price = null, last }: Partial<LoadProfile> = typeof answer === "string" ? {} : answer;
  const until = knownUntil(last, now);
  const facts = factsOf(bars, first, first + own.length - 1, until, price);
  const isOneDay = dayKey(card.from, zone) === dayKey(card.to - 1, zone);
  const summary = [
    facts.usualWh === null ? "" : texts.usualFor(amount(facts.usualWh)),
    differenceInWords(texts, lang, facts),
    ...restInWords(texts, lang, facts, isOneDay),
  ];
  return (
    <figure class="wl-card">
      <CardHead title={title} total={amount(facts.wh)} />
      <Chart
        {...{ bars, now, until, lang, zone, amount }}
        title={texts.cardOf(title)}
        from={Math.min(shown.from, bars[0]?.at ?? shown.from)}
        to={Math.max(Math.min(shown.to, now), bars[bars.length - 1]?.to ?? 0)}
        t={texts}
        unit={step === "day" ? texts.perDay : texts.perHour}
        place={(at) => (step === "day" ? shortDay : hourOf)(lang, at, zone)}
        placeLong={(at) => (step === "day" ? weekdayDay(lang, at, zone) : whenNear(lang, at, now, zone))}
        summary={summary.filter(Boolean).join(" · ")}
        selected={isPart ? { first, last: first + own.length - 1 } : null}
        isCard
      />
    </figure>
  );
}

function CardHead({ title, total }: { readonly title: string; readonly total?: string }) {
  return (
    <div class="wl-card-head">
      <Drawing path={BARS} />
      {/* The chat's bubble has room for the hours alone. */}
      <strong>
        {__DESK__ ? title.replace(/ (?=\d\d:\d\d–)/, ", ") : title.replace(/ (\d\d):00–(\d\d):00/, ", $1–$2")}
      </strong>
      {total && <strong class="wl-number">{total}</strong>}
    </div>
  );
}
