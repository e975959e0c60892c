/** The browser's clock, chance and network, as the link wants them. */

import type { World } from "./link.ts";
import { pageTimers, type Timers } from "./timers.ts";

export const pageWorld = (timers: Timers = pageTimers): World => ({
  now: () => Date.now(),
  chance: () => Math.random(),
  entropy: (size) => crypto.getRandomValues(new Uint8Array(size)),
  timers,
  watched: () => document.visibilityState === "visible",
  onReturn(run) {
    const seen = (): void => {
      if (document.visibilityState === "visible") run();
    };
    addEventListener("online", run);
    addEventListener("offline", run); // a line that only looks alive is found out sooner
    addEventListener("pageshow", run);
    document.addEventListener("visibilitychange", seen);
    return () => {
      removeEventListener("online", run);
      removeEventListener("offline", run);
      removeEventListener("pageshow", run);
      document.removeEventListener("visibilitychange", seen);
    };
  },
});

/** The local day of an instant: equal strings, equal days. */
export const dayOf = (atMs: number): string => new Date(atMs).toDateString();
