/** Parts that load with their chunk: cards in the conversation, and the days to choose from. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { CardChartProps } from "../ui/card-chart.tsx";
import { cardTitle, type Zone } from "../ui/format.ts";
import type { DaysProps } from "./days.tsx";

/** The platform's time zone, when it is not the reader's own. */
export const platformZone = signal<Zone>(undefined);

/** Take the time zone that came with consumption. */
export function tellDaysIn(zone: Zone): void {
  if (zone !== new Intl.DateTimeFormat().resolvedOptions().timeZone) platformZone.value = zone;
}

type Cards = typeof import("./cards.tsx");
export type Loaded = "loading" | "drawn" | "failed";

interface LazyProps {
  /** Draws into an empty element; returns how to remove it. */
  readonly draw: (cards: Cards, place: HTMLElement) => () => void;
  /** Redraws when one of these changes. */
  readonly of: readonly unknown[];
  /** Shown until it is drawn. */
  readonly children: (failed: boolean) => ComponentChildren;
}

function Lazy({ draw, of, children }: LazyProps) {
  const place = useRef<HTMLDivElement>(null);
  const [loaded, setLoaded] = useState<Loaded>("loading");
  useEffect(() => {
    let remove: (() => void) | null = () => {};
    import("./cards.tsx").then(
      (cards) => {
        if (!remove || !place.current) return;
        remove = draw(cards, place.current);
        setLoaded("drawn");
      },
      () => setLoaded("failed"),
    );
    return () => {
      remove?.();
      remove = null;
    };
  }, of);
  return (
    <>
      <div ref={place} class="wl-apart" />
      {loaded !== "drawn" && children(loaded === "failed")}
    </>
  );
}

export function LazyCard(props: Omit<CardChartProps, "zone">) {
  const { t, card, load } = props;
  const zone = platformZone.value;
  return (
    <Lazy
      draw={(cards, place) => cards.drawCard(place, { ...props, zone })}
      of={[load, card.meter, card.from, card.to, zone]}
    >
      {(failed) => (
        <figure class="wl-card">
          <strong>{cardTitle(t.lang, card, zone)}</strong>
          <figcaption>{failed ? t.chartFailed : t.loading}</figcaption>
        </figure>
      )}
    </Lazy>
  );
}

export function LazyDays(props: DaysProps) {
  const { t, wt } = props;
  return (
    <Lazy draw={(cards, place) => cards.drawDays(place, props)} of={[]}>
      {(failed) => (
        <div class="wl-strip" role="status">
          {failed ? t.chartFailed : `${wt.chooseDay} ${t.loading}`}
        </div>
      )}
    </Lazy>
  );
}
