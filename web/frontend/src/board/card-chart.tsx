import { useEffect, useMemo, useState } from "preact/hooks";

import type { Consumption, Step } from "../link/client-snapshots.ts";
import type { Card } from "../protocol/payloads.ts";
import { Chart } from "../ui/chart.tsx";
import { clock, energy, weekdayDay } from "../ui/format.ts";
import { marked, peak, total } from "../ui/load-profile.ts";
import type { Texts } from "../ui/messages.ts";
import type { Board } from "./state.ts";

interface CardChartProps {
  readonly board: Board;
  readonly words: Texts;
  readonly client: string;
  readonly card: Card;
}

const DAY_MS = 86_400_000;

/** A pinned period as the agent sees it: what it was, its bars, and its peak in words. */
export function CardChart({ board, words, client, card }: CardChartProps) {
  const [answer, setAnswer] = useState<Consumption | "loading" | "failed">("loading");
  const step: Step = card.to - card.from > 3 * DAY_MS ? "day" : "hour";
  const { tz } = board.config;
  const { lang } = words;

  useEffect(() => {
    let gone = false;
    board.outside.consumption(client, { from: card.from, to: card.to, step }).then(
      (points) => !gone && setAnswer(points),
      () => !gone && setAnswer("failed"),
    );
    return () => {
      gone = true;
    };
  }, [client, card.from, card.to]);

  const place = useMemo(() => (at: number) => (step === "day" ? weekdayDay(lang, at, tz) : clock(lang, at, tz)), [step, lang, tz]);
  const amount = useMemo(() => (wh: number) => energy(lang, wh), [lang]);
  const day = weekdayDay(lang, card.from, tz);
  const title = card.to - card.from <= DAY_MS ? day : `${day} – ${weekdayDay(lang, card.to - 1, tz)}`;
  if (typeof answer === "string" || answer.points.length === 0) {
    const state = answer === "loading" ? words.loading : answer === "failed" ? words.chartFailed : words.noReadings;
    return (
      <figure class="wl-card">
        <strong>{title}</strong>
        <figcaption>{state}</figcaption>
      </figure>
    );
  }
  const bars = marked(answer.points);
  const highest = peak(bars);
  return (
    <figure class="wl-card">
      <strong>{title}</strong> · <span class="wl-number">{amount(total(bars))}</span>
      <Chart
        bars={bars}
        t={words}
        title={words.cardOf(title)}
        place={place}
        placeLong={place}
        amount={amount}
        summary={highest ? words.peak(place(highest.at), amount(highest.wh)) : words.noReadings}
      />
    </figure>
  );
}
