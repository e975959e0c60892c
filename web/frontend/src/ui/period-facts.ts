/** What is measured about some of a chart's bars, in numbers and in words. Pure. */

import { cost, energy, type Money, percent } from "./format.ts";
import { type Interval, total } from "./load-profile.ts";
import type { ChartTexts, Lang } from "./messages.ts";

interface PeriodFacts {
  readonly wh: number;
  /** The usual use of the same hours or days, as far as they are known; null where one of them is not known. */
  readonly usualWh: number | null;
  /** The period's share of all bars; null where it is all of them. */
  readonly share: number | null;
  /** The share that lies between distant readings. */
  readonly estimated: number;
  /** Of a kWh. */
  readonly price: Money | null;
}

const HOUR_MS = 3_600_000;

/** Return the usual use of a bar until then. Null while it runs longer than an hour: a whole day's is no measure of a morning. */
function usualUntil({ at, to = at, usualWh = null }: Interval, untilMs: number): number | null {
  if (usualWh === null || to <= untilMs) return usualWh;
  return to - at > HOUR_MS ? null : usualWh * Math.max(0, (untilMs - at) / HOUR_MS);
}

/** Return the facts of the bars from `first` to `last`. Args: untilMs: until when energy is known (`knownUntil`). */
export function factsOf(
  bars: readonly Interval[],
  first: number,
  last: number,
  untilMs: number,
  price: Money | null = null,
): PeriodFacts {
  const chosen = bars.slice(first, last + 1);
  const wh = total(chosen);
  const all = total(bars);
  const usualWh = chosen.reduce<number | null>((sum, bar) => {
    const usual = usualUntil(bar, untilMs);
    return sum === null || usual === null ? null : sum + usual;
  }, 0);
  const estimatedWh = chosen.reduce((sum, each) => sum + each.wh * (each.estimated ?? 0), 0);
  return {
    wh,
    usualWh,
    share: chosen.length < bars.length && all > 0 ? wh / all : null,
    estimated: wh > 0 ? estimatedWh / wh : 0,
    price,
  };
}

/** Round as `energy` does. */
const shown = (wh: number): number =>
  wh < 1000 ? Math.round(wh / 10) * 10 : wh < 100_000 ? Math.round(wh / 100) * 100 : Math.round(wh / 1000) * 1000;

/** Return how much more or less than usual it is, as both are shown; "" where the usual is not known. */
export function differenceInWords(t: ChartTexts, lang: Lang, { wh, usualWh }: PeriodFacts): string {
  if (usualWh === null) return "";
  const more = shown(wh) - shown(usualWh);
  return more ? (more > 0 ? t.moreThanUsual : t.lessThanUsual)(energy(lang, Math.abs(more))) : t.asUsual;
}

/** Return the other facts that are worth a word. Args: isOneDay: whether the bars are those of a day. */
export function restInWords(t: ChartTexts, lang: Lang, facts: PeriodFacts, isOneDay: boolean): string[] {
  const { wh, share, estimated, price } = facts;
  const words: string[] = [];
  // "0% of the day" would be wrong of what was used.
  if (share !== null && share >= 0.005 && isOneDay) words.push(t.ofDay(percent(lang, share).replace("+", "")));
  if (price) words.push(t.about(cost(lang, wh, price)));
  if (estimated >= 0.01) words.push(t.partEstimated(percent(lang, estimated).replace("+", "")));
  return words;
}
