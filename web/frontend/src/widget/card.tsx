/** A period of consumption in the conversation. What draws it comes when the first one is seen. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { CardChartProps } from "../ui/card-chart.tsx";
import { cardTitle } from "../ui/card-title.ts";

export type Loaded = "loading" | "drawn" | "failed";

export function LazyCard({ t, card, load }: Omit<CardChartProps, "zone">) {
  const place = useRef<HTMLDivElement>(null);
  const [loaded, setLoaded] = useState<Loaded>("loading");
  useEffect(() => {
    let remove: (() => void) | null = () => {};
    import("./cards.tsx").then(
      ({ drawCard }) => {
        if (!remove || !place.current) return;
        remove = drawCard(place.current, { t, card, load });
        setLoaded("drawn");
      },
      () => setLoaded("failed"),
    );
    return () => {
      remove?.();
      remove = null;
    };
  }, [t, load, card.meter, card.from, card.to]);
  return (
    <>
      <div ref={place} />
      {loaded !== "drawn" && (
        <figure class="wl-card">
          <strong>{cardTitle(t.lang, card, undefined)}</strong>
          <figcaption>{loaded === "failed" ? t.chartFailed : t.loading}</figcaption>
        </figure>
      )}
    </>
  );
}
