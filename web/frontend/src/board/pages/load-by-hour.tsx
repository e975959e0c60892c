import { useLayoutEffect, useRef } from "preact/hooks";

import type { Overview } from "../../link/desk-api.ts";
import type { PageTexts } from "../../ui/messages-pages.ts";
import type { Chosen } from "./overview.tsx";

interface LoadByHourProps {
  readonly t: PageTexts;
  readonly load: Overview["load"];
  readonly choose: (chosen: Chosen) => void;
}

function Bar({ share }: { readonly share: number }) {
  const bar = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (bar.current) bar.current.style.flexBasis = `${100 * share}%`;
  }, [share]);
  return <span ref={bar} class="wl-hour-bar" />;
}

const hourName = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;

/** How many words came in each hour of the day; a bar is a button that opens the hour's conversations. */
export function LoadByHour({ t, load, choose }: LoadByHourProps) {
  const most = Math.max(1, ...load.hours.map(({ asked }) => asked));
  return (
    <section aria-labelledby="wl-load">
      <h2 id="wl-load">{t.load}</h2>
      <div class="wl-hours" role="group" aria-labelledby="wl-load">
        {load.hours.map(({ hour, asked, answered, begun }) => (
          <button
            key={hour}
            type="button"
            class="wl-hour"
            title={t.hourSays(hourName(hour), asked, answered, begun)}
            aria-label={t.hourSays(hourName(hour), asked, answered, begun)}
            disabled={asked + answered + begun === 0}
            onClick={() => choose({ title: t.hourTitle(hourName(hour)), list: `${load.list}&hour=${hour}` })}
          >
            <Bar share={asked / most} />
            <span class="wl-hour-name">{hour % 3 === 0 ? hour : ""}</span>
          </button>
        ))}
      </div>
    </section>
  );
}
