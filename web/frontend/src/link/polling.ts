/** Keep an answer fresh: ask again after an event, at most once a second, and from time to time. */

import type { Timers } from "./timers.ts";

export type Polling = ReturnType<typeof keepPolling>;

export const AT_MOST_EVERY_MS = 1_000;
/** The pause without events; an empty or failed answer is asked again sooner, with growing pauses. */
export const AT_LEAST_EVERY_MS = 60_000;
const FIRST_PAUSE_MS = 2_000;

/** Ask until it succeeds, with growing pauses. Returns how to stop. */
export function keepTrying(ask: () => Promise<unknown>, timers: Timers): () => void {
  let pauseMs = FIRST_PAUSE_MS;
  let stopped = false;
  let cancel = (): void => {};
  const run = (): void =>
    void ask().catch(() => {
      if (stopped) return;
      cancel = timers.after(pauseMs, run);
      pauseMs = Math.min(AT_LEAST_EVERY_MS, pauseMs * 2);
    });
  run();
  return () => {
    stopped = true;
    cancel();
  };
}

/** Poll at once and then on. Args: ask: returns whether the answer is complete; a rejection counts as incomplete. */
export function keepPolling(ask: () => Promise<boolean>, timers: Timers) {
  let asking = false;
  let stirred = false;
  let rested = true;
  let stopped = false;
  let pauseMs = FIRST_PAUSE_MS;
  let cancelNext = (): void => {};
  let cancelRest = (): void => {};

  const run = async (): Promise<void> => {
    cancelNext();
    [asking, stirred, rested] = [true, false, false];
    cancelRest = timers.after(AT_MOST_EVERY_MS, () => {
      rested = true;
      if (stirred && !asking) void run();
    });
    const whole = await ask().catch(() => false);
    asking = false;
    if (stopped) return;
    if (stirred && rested) return void run();
    const nextMs = whole ? AT_LEAST_EVERY_MS : pauseMs;
    pauseMs = whole ? FIRST_PAUSE_MS : Math.min(AT_LEAST_EVERY_MS, pauseMs * 2);
    cancelNext = timers.after(nextMs, () => void run());
  };

  void run();
  return {
    /** An event may have changed the answer: ask soon. */
    stir(): void {
      stirred = true;
      if (rested && !asking && !stopped) void run();
    },
    stop(): void {
      stopped = true;
      cancelNext();
      cancelRest();
    },
  };
}
