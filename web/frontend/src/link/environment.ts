/** The browser's clock, chance and network, as the link wants them. */

import type { Environment } from "./link.ts";
import { pageTimers, type Timers } from "./timers.ts";

/**
 * A clock for what is due after a while. It follows the wall's clock forward, as after a sleep in which the page's own
 * stood still, and goes on by the page's own where the wall's is set back: else a resend would wait for that day again.
 */
export function steadyClock(wall: () => number = Date.now, own: () => number = () => performance.now()): () => number {
  let [wallMs, ownMs, aheadMs] = [wall(), own(), 0];
  let last = wallMs;
  return () => {
    const [nextWallMs, nextOwnMs] = [wall(), own()];
    const lostMs = nextOwnMs - ownMs - (nextWallMs - wallMs);
    if (lostMs > SET_BACK_MS) aheadMs += lostMs;
    [wallMs, ownMs] = [nextWallMs, nextOwnMs];
    last = Math.max(last, wallMs + aheadMs);
    return last;
  };
}

/** Two clocks differ by less for reasons of their own. */
const SET_BACK_MS = 100;

export const pageEnvironment = (timers: Timers = pageTimers): Environment => ({
  now: () => Date.now(),
  steady: steadyClock(),
  chance: () => Math.random(),
  entropy: (size) => crypto.getRandomValues(new Uint8Array(size)),
  timers,
  watched: () => document.visibilityState === "visible",
  onReturn(run) {
    // From one network to the next a phone is never offline; where the browser tells, it tells so.
    const { connection } = navigator as { connection?: EventTarget };
    const seen = (): void => {
      if (document.visibilityState === "visible") run();
    };
    addEventListener("online", run);
    addEventListener("offline", run); // a line that only looks alive is found out sooner
    addEventListener("pageshow", run);
    connection?.addEventListener("change", run);
    document.addEventListener("visibilitychange", seen);
    return () => {
      removeEventListener("online", run);
      removeEventListener("offline", run);
      removeEventListener("pageshow", run);
      connection?.removeEventListener("change", run);
      document.removeEventListener("visibilitychange", seen);
    };
  },
});

/** The local day of an instant: equal strings, equal days. */
export const dayOf = (atMs: number): string => new Date(atMs).toDateString();
