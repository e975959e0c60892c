import type { DaysOfUse } from "../link/desk-api.ts";
import { energy } from "../ui/format.ts";
import type { BoardTexts } from "../ui/messages.ts";

const BAR_PX = 3.5;
const STEP_PX = 5;
const HEIGHT_PX = 16;
/** The lowest bar that can be seen. */
const LEAST_PX = 1;

/** Return a path of bars at these days. */
const bars = (wh: DaysOfUse["wh"], most: number, places: readonly number[]): string =>
  places
    .map((place) => {
      const height = Math.max(LEAST_PX, ((wh[place] ?? 0) / most) * HEIGHT_PX);
      return `M${place * STEP_PX} ${HEIGHT_PX}v-${height.toFixed(1)}h${BAR_PX}v${height.toFixed(1)}z`;
    })
    .join("");

/** Show a client's last 14 days as small bars, today's lighter; a day without readings stays empty. */
export function UsageLine({
  days: { wh, unusual, estimated },
  t,
}: {
  readonly days: DaysOfUse;
  readonly t: BoardTexts;
}) {
  const known = wh.flatMap((value, place) => (value === null ? [] : [place]));
  const sum = known.reduce((all, place) => all + (wh[place] ?? 0), 0);
  const most = Math.max(1, ...known.map((place) => wh[place] ?? 0));
  const label = t.usageLine(energy(t.lang, sum), known.length, unusual.length);
  const isLight = (place: number): boolean => estimated.includes(place) || place === wh.length - 1;
  const usual = known.filter((place) => !unusual.includes(place));
  return (
    <svg class="wl-usage" viewBox={`0 0 ${wh.length * STEP_PX} ${HEIGHT_PX}`} role="img" aria-label={label}>
      <title>{label}</title>
      <path
        d={bars(
          wh,
          most,
          usual.filter((place) => !isLight(place)),
        )}
      />
      <path class="wl-usage-light" d={bars(wh, most, usual.filter(isLight))} />
      <path class="wl-usage-odd" d={bars(wh, most, unusual)} />
    </svg>
  );
}
