/** Timers: the page's own, or a Worker's, which a hidden tab does not slow down. */

export interface Timers {
  /** Runs it once after `ms`; returns how to cancel it. */
  after(ms: number, run: () => void): () => void;
}

export const pageTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Return timers of a Worker; the page's own when none can be started. */
export function workerTimers(url: string): Timers {
  let worker: Worker;
  try {
    worker = new Worker(url);
  } catch {
    return pageTimers;
  }
  const waiting = new Map<number, () => void>();
  let count = 0;
  let broken = false;
  worker.onmessage = ({ data }: MessageEvent<number>) => {
    const run = waiting.get(data);
    waiting.delete(data);
    run?.();
  };
  worker.onerror = () => {
    broken = true;
    const left = [...waiting.values()];
    waiting.clear();
    for (const run of left) run();
  };
  return {
    after(ms, run) {
      if (broken) return pageTimers.after(ms, run);
      const id = ++count;
      waiting.set(id, run);
      worker.postMessage({ id, ms });
      return () => {
        if (waiting.delete(id)) worker.postMessage({ id, ms: null });
      };
    },
  };
}

/** Return a function that runs its last argument once, right after the running code, before drawing. */
export function soon(): (run: () => void) => void {
  let next: (() => void) | null = null;
  return (run) => {
    if (!next)
      queueMicrotask(() => {
        const last = next;
        next = null;
        last?.();
      });
    next = run;
  };
}
