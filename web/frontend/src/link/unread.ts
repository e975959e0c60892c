/** Where there is no link: asks now and then how many answers are unread. A page loads it unasked. */

import { readText } from "./http.ts";

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

const REFUSED = [401, 403];
/** Somebody is at the page. */
const SIGNS = ["pointerdown", "keydown"];
const FIRST_PAUSE_MS = 4_000;
const LONGEST_PAUSE_MS = 300_000;

/** Asks by the key that was left for it. */
const request = (
  { base, id, key }: Pick<Asking, "base" | "id" | "key">,
  hear: (status: number, text: string) => void,
): void => readText(`${base}/api/clients/${id}/unread`, key, hear);

/** To a page of a foreign origin no script is given: asks why, tells whoever made the page in the console, and then calls. */
export function hearForeign(base: string, then: () => void): void {
  request({ base, id: "c-0", key: "" }, (_, text) => {
    if (!text.includes('"origin"')) return;
    console.error("Wattline:", text);
    then();
  });
}

/** Null for a problem, or what a proxy says. */
function answerIn(text: string): Answer | null {
  try {
    const answer = JSON.parse(text) as Answer;
    return answer.again_ms > 0 ? answer : null;
  } catch {
    return null;
  }
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
  let ended = false;
  const again = (ms: number): void => {
    clearTimeout(timer); // several may be under way
    timer = setTimeout(run, ms);
  };
  const hear = (status: number, text: string): void => {
    if (ended) return;
    if (REFUSED.includes(status)) return more();
    const answer = answerIn(text);
    if (!answer) {
      again(pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      return;
    }
    pauseMs = FIRST_PAUSE_MS;
    onUnread(answer.unread);
    concerns = answer.waiting || answer.unread > 0;
    if (concerns && isHere) more();
    else again(answer.again_ms);
  };
  const run = (): void => {
    clearTimeout(timer);
    request(whom, hear);
  };
  const touch = (): void => {
    isHere = true;
    if (concerns) more();
  };
  const look = (): void => {
    if (document.hidden) touch();
    else run();
  };
  const stop = (): void => {
    ended = true;
    clearTimeout(timer);
    for (const sign of SIGNS) removeEventListener(sign, touch, true);
    document.removeEventListener("visibilitychange", look);
  };
  const more = (): void => {
    if (ended) return;
    stop();
    onMore();
  };
  for (const sign of SIGNS) addEventListener(sign, touch, { capture: true, passive: true });
  document.addEventListener("visibilitychange", look);
  run();
  return stop;
}
