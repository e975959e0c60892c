import { useEffect } from "preact/hooks";

/** Ask again every so often while the tab is shown, and at once when it is shown after it was hidden. Args: everyMs: null asks nothing. */
export function useAgain(ask: () => unknown, everyMs: number | null): void {
  useEffect(() => {
    if (everyMs === null) return undefined;
    const look = (): void => void (document.hidden || ask());
    const timer = setInterval(look, everyMs);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [everyMs]);
}
