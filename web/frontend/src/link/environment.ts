/** The browser's clocks, randomness and network for the link. */

import type { Environment } from "./link.ts";
import { pageTimers, type Timers } from "./timers.ts";

/**
 * Return a clock that never goes back. It follows the wall clock forward, as after a sleep that stops the page's own;
 * when the wall clock is set back it goes on by the page's own, or a resend would wait that long.
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

/** A smaller difference of two clocks is noise. */
const SET_BACK_MS = 100;

const isVisible = (): boolean => document.visibilityState === "visible";

export const pageEnvironment = (timers: Timers = pageTimers): Environment => ({
  now: () => Date.now(),
  steady: steadyClock(),
  chance: () => Math.random(),
  entropy: (size) => crypto.getRandomValues(new Uint8Array(size)),
  timers,
  watched: isVisible,
  onReturn(run) {
    // A phone that changes networks is never offline; only this event tells.
    const { connection } = navigator as { connection?: EventTarget };
    const ended = new AbortController();
    const options = { signal: ended.signal };
    // An event "offline" finds a dead connection sooner.
    for (const name of ["online", "offline", "pageshow"]) addEventListener(name, run, options);
    connection?.addEventListener("change", run, options);
    document.addEventListener("visibilitychange", () => isVisible() && run(), options);
    return () => ended.abort();
  },
});

/** Return the local day of an instant: equal strings mean equal days. */
export const dayOf = (atMs: number): string => new Date(atMs).toDateString();

/** Run in one tab; skip while another tab runs it. */
export async function inOneTab(name: string, run: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return run(); // only secure pages have locks
  await navigator.locks.request(`wattline/${name}`, { ifAvailable: true }, async (lock) => {
    if (lock) await run();
  });
}
