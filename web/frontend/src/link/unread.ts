/** Where there is no link: asks now and then how many answers are unread. Imports nothing: a page loads it unasked. */

interface Asking {
  readonly base: string;
  readonly id: string;
  readonly key: string;
  readonly onUnread: (unread: number) => void;
  /** There is more to do than to count: the key is none any more, or somebody is here whom an answer concerns. */
  readonly onMore: () => void;
}

interface Answer {
  readonly unread: number;
  /** An answer is due. */
  readonly waiting: boolean;
  readonly again_ms: number;
}

const TIMEOUT_MS = 15_000;
const REFUSED = [401, 403];
const FIRST_PAUSE_MS = 4_000;
const LONGEST_PAUSE_MS = 300_000;

/** By the key that was left for it; null when that is none any more. */
async function fetchUnread({ base, id, key }: Pick<Asking, "base" | "id" | "key">): Promise<Answer | null> {
  const response = await fetch(`${base}/api/clients/${id}/unread`, {
    headers: { Authorization: `Bearer ${key}` },
    credentials: "omit",
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return REFUSED.includes(response.status) ? null : response.json();
}

/**
 * Asks at once, then when the answer says. Whoever waits for an answer, or has one unread, and has touched the page or
 * left it in the background is worth a link: there the answer makes a sound. The answer of this ends it.
 */
export function keepAsking({ onUnread, onMore, ...whom }: Asking): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  let concerns = false;
  let isHere = document.hidden;
  const end = new AbortController();
  const { signal } = end;
  const stop = (): void => {
    clearTimeout(timer);
    end.abort();
  };
  const more = (): void => {
    if (signal.aborted) return;
    stop();
    onMore();
  };
  const run = async (): Promise<void> => {
    clearTimeout(timer);
    try {
      const answer = await fetchUnread(whom);
      if (!answer) return more();
      if (signal.aborted) return;
      const { unread, waiting, again_ms: againMs } = answer;
      if (!(againMs > 0)) throw new TypeError("that was no answer"); // a problem, or a proxy's
      onUnread(unread);
      concerns = waiting || unread > 0;
      if (concerns && isHere) return more();
      pauseMs = FIRST_PAUSE_MS;
      timer = setTimeout(() => void run(), againMs);
    } catch {
      if (signal.aborted) return;
      timer = setTimeout(() => void run(), pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  };
  const touch = (): void => {
    isHere = true;
    if (concerns) more();
  };
  for (const sign of ["pointerdown", "keydown"]) addEventListener(sign, touch, { capture: true, passive: true, signal });
  document.addEventListener(
    "visibilitychange",
    () => {
      if (document.hidden) touch();
      else void run();
    },
    { signal },
  );
  void run();
  return stop;
}
