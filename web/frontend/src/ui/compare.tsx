import type { Beside } from "./chart-layout.ts";
import {
  ALIKE,
  COMPARED,
  type Compared,
  difference,
  ofMonth,
  ofStandard,
  ofWeekBefore,
} from "./consumption-compare.ts";
import { dayKey, energy, monthName, percent, type Zone } from "./format.ts";
import type { Interval } from "./load-profile.ts";
import type { CompareTexts } from "./messages.ts";

interface CompareProps {
  readonly t: CompareTexts;
  readonly compared: Compared;
  /** Comparisons that this chart cannot show: a year has the standard alone. */
  readonly without?: readonly Compared[];
  /** There is nothing to compare. */
  readonly disabled?: boolean;
  readonly onCompare: (next: Compared) => void;
}

/** Choose what the consumption is compared with. */
export function Compare({ t, compared, without, disabled = false, onCompare }: CompareProps) {
  return (
    <label class="wl-compare">
      <span>{t.compareWith}</span>{" "}
      <select
        data-testid="compare"
        value={compared}
        disabled={disabled}
        onChange={(event) => onCompare(event.currentTarget.value as Compared)}
      >
        {COMPARED.filter((name) => !without?.includes(name)).map((name) => (
          <option key={name} value={name} selected={name === compared}>
            {t[name]}
          </option>
        ))}
      </select>
    </label>
  );
}

interface Comparison {
  readonly beside: Beside | undefined;
  /** In words: "12% more than the week before". A standard has no difference, because it is scaled to the same energy. */
  readonly words: string;
}

export interface Compares {
  readonly t: CompareTexts;
  readonly compared: Compared;
  readonly own: readonly (Interval & { readonly to?: number })[];
  /** The data to compare with; null before it is loaded. */
  readonly others: { readonly points: readonly Interval[]; readonly yearWh?: number | null } | null;
  readonly zone: Zone;
  /** Until when energy is known (`knownUntil`). */
  readonly untilMs: number;
}

const NOTHING: Comparison = { beside: undefined, words: "" };

/** Return the line beside the bars, and its difference in words. */
export function comparison({ t, compared, own, others, zone, untilMs }: Compares): Comparison {
  if (compared === "none") return NOTHING;
  if (compared === "usual")
    return besides(
      t,
      own,
      own.map(({ usualWh = null }) => usualWh),
      { name: t.ofUsual, short: t.usual, more: t.moreUsual, less: t.lessUsual, alike: t.likeUsual },
      untilMs,
    );
  if (!others) return NOTHING;
  if (compared === "week")
    return besides(
      t,
      own,
      ofWeekBefore(own, others.points, zone),
      { name: t.ofWeek, short: t.week, more: t.moreWeek, less: t.lessWeek, alike: t.likeWeek },
      untilMs,
    );
  if (compared === "month") {
    const begin = others.points[0]?.at ?? untilMs;
    const month = `${monthName(t.lang, begin, zone)} ${dayKey(begin, zone).slice(0, 4)}`;
    const [more, less] = [t.moreMonth, t.lessMonth].map((say) => (share: string) => say(share, month)) as [Say, Say];
    return besides(
      t,
      own,
      ofMonth(own, others.points, zone),
      { name: month, short: month, more, less, alike: t.likeMonth(month) },
      untilMs,
    );
  }
  const wh = ofStandard(own, others.points);
  if (wh.every((value) => value === null)) return { beside: undefined, words: t.nothingKnown };
  const words = others.yearWh ? t.onStandard(energy(t.lang, others.yearWh)) : "";
  return { beside: { wh, name: t.ofStandard, short: t.standard }, words };
}

type Say = (share: string) => string;

interface Words {
  /** The line's. */
  readonly name: string;
  readonly short: string;
  readonly more: Say;
  readonly less: Say;
  readonly alike: string;
}

/** Return the line and its difference in words. */
function besides(
  t: CompareTexts,
  own: Compares["own"],
  wh: readonly (number | null)[],
  { name, short, more, less, alike }: Words,
  untilMs: number,
): Comparison {
  if (wh.every((value) => value === null)) return { beside: undefined, words: t.nothingKnown };
  const share = difference(own, wh, untilMs);
  const beside = { wh, name, short };
  if (share === null) return { beside, words: "" };
  if (Math.abs(share) < ALIKE) return { beside, words: alike };
  const words = (share > 0 ? more : less)(percent(t.lang, Math.abs(share)).replace("+", ""));
  return { beside, words };
}
