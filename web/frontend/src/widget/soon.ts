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
