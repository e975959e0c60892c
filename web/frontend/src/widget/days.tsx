/** "Share a period": choose one of the last days. Drawn by the chunk of cards. */

import type { Consumption } from "../link/rest.ts";
import type { Card } from "../protocol/kinds.ts";
import { Button } from "../ui/button.tsx";
import { CLOSE, Drawing } from "../ui/drawing.tsx";
import { energy, weekdayDay } from "../ui/format.ts";
import { marked } from "../ui/load-profile.ts";
import type { LaterTexts, Texts } from "../ui/messages.ts";
import { useLoaded } from "../ui/use-loaded.ts";

const DAY_MS = 86_400_000;
const DAYS = 14;

interface Day {
  readonly card: Card;
  readonly wh: number;
  readonly unusual: boolean;
}

export type DaysLoaded = "loading" | "found" | "empty" | "failed";

/** Return the days with readings, the newest first. */
function daysOf({ points, last }: Consumption): readonly Day[] {
  const meter = last?.meter;
  if (meter === undefined) return [];
  const days = marked(points).map(({ at, wh, unusual }, place) => {
    const to = points[place]?.to ?? points[place + 1]?.at ?? at + DAY_MS;
    return { card: { meter, from: at, to }, wh, unusual };
  });
  return days.filter(({ wh }) => wh > 0).reverse();
}

export interface DaysProps {
  readonly t: Texts;
  readonly lt: LaterTexts;
  readonly load: (from: number, to: number, step: "day") => Promise<Consumption>;
  readonly now: number;
  readonly onChoose: (card: Card) => void;
  readonly onClose: () => void;
}

export function Days({ t, lt, load, now, onChoose, onClose }: DaysProps) {
  const answer = useLoaded(() => load(now - DAYS * DAY_MS, now, "day"), []);
  const found = typeof answer === "string" ? null : answer;
  const days = found ? daysOf(found) : [];
  const loaded: DaysLoaded = typeof answer === "string" ? answer : days.length > 0 ? "found" : "empty";
  return (
    <div class="wl-strip" role="group" aria-label={lt.chooseDay} data-testid="days">
      <div class="wl-strip-row">
        <strong>{lt.chooseDay}</strong>
        <Button kind="quiet" icon label={t.hide} onClick={onClose}>
          <Drawing path={CLOSE} />
        </Button>
      </div>
      {loaded !== "found" ? (
        <p role="status" class="wl-muted">
          {{ loading: t.loading, failed: t.chartFailed, empty: t.noReadings }[loaded]}
        </p>
      ) : (
        <ul class="wl-days">
          {days.map(({ card, wh, unusual }) => (
            <li key={card.from}>
              <Button onClick={() => onChoose(card)}>
                <span>{weekdayDay(t.lang, card.from, found?.tz)}</span>
                <span class={unusual ? "wl-number wl-unusual" : "wl-number"}>
                  {energy(t.lang, wh)}
                  {unusual && ` · ${lt.unusual}`}
                </span>
              </Button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
