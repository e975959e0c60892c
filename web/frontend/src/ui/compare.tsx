import type { Beside } from "./chart-layout.ts";
import { COMPARED, type Compared, difference, ofStandard, ofWeekBefore } from "./consumption-compare.ts";
import { energy, percent, type Zone } from "./format.ts";
import type { Interval } from "./load-profile.ts";
import type { CompareTexts } from "./messages.ts";

export interface CompareProps {
  readonly t: CompareTexts;
  readonly compared: Compared;
  /** A comparison that this chart cannot show: months have no week before. */
  readonly without?: Compared;
  readonly onCompare: (next: Compared) => void;
}

/** Choose what the consumption is compared with. */
export function Compare({ t, compared, without, onCompare }: CompareProps) {
  return (
    <label class="wl-compare">
      {t.compareWith}{" "}
      <select
        data-testid="compare"
        value={compared}
        onChange={(event) => onCompare(event.currentTarget.value as Compared)}
      >
        {COMPARED.filter((name) => name !== without).map((name) => (
          <option key={name} value={name} selected={name === compared}>
            {t[name]}
          </option>
        ))}
      </select>
    </label>
  );
}

export interface Comparison {
  readonly beside: Beside | undefined;
  /** In words: "+12 % on the week before". A standard has no difference, because it is scaled to the same energy. */
  readonly words: string;
}

export interface Compares {
  readonly t: CompareTexts;
  readonly compared: Compared;
  readonly own: readonly (Interval & { readonly to?: number })[];
  /** The data to compare with; null before it is loaded. */
  readonly others: { readonly points: readonly Interval[]; readonly yearWh?: number | null } | null;
  readonly zone: Zone;
  readonly nowMs: number;
}

const NOTHING: Comparison = { beside: undefined, words: "" };

/** Return the line beside the bars, and its difference in words. */
export function comparison({ t, compared, own, others, zone, nowMs }: Compares): Comparison {
  if (compared === "none" || !others) return NOTHING;
  const week = compared === "week";
  const wh = week ? ofWeekBefore(own, others.points, zone) : ofStandard(own, others.points);
  if (wh.every((value) => value === null)) return { beside: undefined, words: t.nothingKnown };
  const share = week ? difference(own, wh, nowMs) : null;
  const words =
    share !== null
      ? t.onWeek(percent(t.lang, share))
      : others.yearWh
        ? t.onStandard(energy(t.lang, others.yearWh))
        : "";
  return { beside: { wh, name: week ? t.ofWeek : t.ofStandard }, words };
}
