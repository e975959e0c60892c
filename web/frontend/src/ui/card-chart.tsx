import { useMemo } from "preact/hooks";

import type { Card } from "../protocol/kinds.ts";
import { Chart } from "./chart.tsx";
import { cardTitle, clock, energy, weekdayDay, type Zone } from "./format.ts";
import { type Interval, marked, peak, total } from "./load-profile.ts";
import type { Texts } from "./messages.ts";
import { useLoaded } from "./use-loaded.ts";

export interface CardChartProps {
  readonly t: Texts;
  readonly card: Card;
  readonly zone?: Zone | undefined;
  /** Loads the period's intervals; must keep its identity while its inputs do. */
  readonly load: (card: Card, step: "hour" | "day") => Promise<readonly Interval[]>;
}

const DAY_MS = 86_400_000;

/** Show a shared period of consumption: total, bars, and the peak in words. */
export function CardChart({ t, card, zone, load }: CardChartProps) {
  const step = card.to - card.from > 3 * DAY_MS ? "day" : "hour";
  const { lang } = t;
  const answer = useLoaded(() => load(card, step), [load, card.meter, card.from, card.to]);

  const place = useMemo(
    () => (at: number) => (step === "day" ? weekdayDay : clock)(lang, at, zone),
    [step, lang, zone],
  );
  const amount = useMemo(() => (wh: number) => energy(lang, wh), [lang]);
  const title = cardTitle(lang, card, zone);
  if (typeof answer === "string" || answer.length === 0) {
    const state = answer === "loading" ? t.loading : answer === "failed" ? t.chartFailed : t.noReadings;
    return (
      <figure class="wl-card">
        <strong>{title}</strong>
        <figcaption>{state}</figcaption>
      </figure>
    );
  }
  const bars = marked(answer);
  const highest = peak(bars);
  return (
    <figure class="wl-card">
      <strong>{title}</strong> · <span class="wl-number">{amount(total(bars))}</span>
      <Chart
        bars={bars}
        t={t}
        title={t.cardOf(title)}
        place={place}
        placeLong={place}
        amount={amount}
        summary={highest ? t.peak(place(highest.at), amount(highest.wh)) : t.noReadings}
      />
    </figure>
  );
}
