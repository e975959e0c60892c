/** Sound and desktop notification for one answer, in one tab. */

import { readLocal, writeLocal } from "../link/outbox-journal.ts";
import { beep, notify } from "../ui/alerts.ts";

const TONE_HZ = 880;
const TONE_S = 0.35;

/**
 * Ring in the first tab that comes with this seq.
 *
 * Args: key: where this browser keeps the last seq that rang or was seen; words: a notification's texts, false without
 * permission.
 */
export async function ringOnce(
  key: string,
  seq: number,
  isMuted: boolean,
  words: { readonly title: string; readonly body: string } | false,
  onClick: () => void,
): Promise<void> {
  const first = (): void => {
    if (Number(readLocal(key)) >= seq) return;
    writeLocal(key, String(seq));
    if (!isMuted) beep(TONE_HZ, TONE_S);
    if (words && document.visibilityState === "hidden") notify({ ...words, tag: "wattline" }, onClick);
  };
  if (navigator.locks) await navigator.locks.request(key, first);
  else first(); // without a secure page there are no locks: several tabs may alert
}
