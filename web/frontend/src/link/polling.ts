/** Keeps an answer fresh: asked again when something was heard, at most once a second, and by itself now and then. */

import type { Timers } from "./timers.ts";

export interface Polling {
  /** Something was heard that may change the answer: asks soon, and surely once after the last word. */
  stir(): void;
  stop(): void;
}

export const AT_MOST_EVERY_MS = 1_000;
/** Who hears nothing asks so often; while the answer is empty or failed, sooner and then less and less. */
export const AT_LEAST_EVERY_MS = 60_000;
const FIRST_PAUSE_MS = 2_000;

/** `ask` answers whether what came is whole; one that throws has not. The first question is asked at once. */
export function keepPolling(ask: () => Promise<boolean>, timers: Timers): Polling {
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
    stir() {
      stirred = true;
      if (rested && !asking && !stopped) void run();
    },
    stop() {
      stopped = true;
      cancelNext();
      cancelRest();
    },
  };
}
