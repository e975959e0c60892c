/** A function that runs what it was last given, once, right after what runs now: before the browser draws. */
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
