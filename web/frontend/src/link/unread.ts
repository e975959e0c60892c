/** Ask from time to time for the unread count, without a link. The launcher loads this. */

import { readText } from "./http.ts";

interface UnreadPoll {
  readonly base: string;
  readonly id: string;
  readonly key: string;
  readonly onUnread: (unread: number) => void;
  /** The key is the page's identity: where it is refused, or nothing concerns its user, nobody is asked again. */
  readonly isIdentity: boolean;
  /** A link is needed: the key was refused, or an answer came for a person who is at the page. */
  readonly onMore: () => void;
}

interface UnreadAnswer {
  readonly unread: number;
  /** The client waits for an answer. */
  readonly waiting: boolean;
  readonly again_ms: number;
}

const REFUSED = [401, 403];
/** Events that show a person at the page. */
const SIGNS = ["pointerdown", "keydown"];
const FIRST_PAUSE_MS = 4_000;
const LONGEST_PAUSE_MS = 300_000;

const request = (
  { base, id, key }: Pick<UnreadPoll, "base" | "id" | "key">,
  hear: (status: number, text: string) => void,
): void => readText(`${base}/api/clients/${id}/unread`, key, hear);

/** Ask why a page cannot load the chat; for a foreign origin, log the reason for its developer and call. */
export function hearForeign(base: string, then: () => void): void {
  request({ base, id: "c-0", key: "" }, (_, text) => {
    if (!text.includes('"origin"')) return;
    console.error("Wattline:", text);
    then();
  });
}

/** Return the answer; null for an error or a proxy's page. */
function answerIn(text: string): UnreadAnswer | null {
  try {
    const answer = JSON.parse(text) as UnreadAnswer;
    return answer.again_ms > 0 ? answer : null;
  } catch {
    return null;
  }
}

/**
 * Ask at once and then as the answer says; return how to stop. Call `onMore` when an answer is due or unread and a
 * person touched or left the page: a link can then play a sound.
 */
export function keepAsking({ isIdentity, onUnread, onMore, ...whom }: UnreadPoll): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  let concerns = false;
  let isHere = document.hidden;
  let ended = false;
  const again = (ms: number): void => {
    clearTimeout(timer); // several requests may be under way
    timer = setTimeout(run, ms);
  };
  const hear = (status: number, text: string): void => {
    if (ended) return;
    if (REFUSED.includes(status)) return isIdentity ? stop() : more();
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
    else if (concerns || !isIdentity) again(answer.again_ms);
    else stop();
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
  for (const sign of SIGNS) addEventListener(sign, touch, true);
  document.addEventListener("visibilitychange", look);
  run();
  return stop;
}
