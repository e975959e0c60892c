/** Notify the agent while no board is open: this browser's part, and what the server knows of a visible board. */

import { keepTrying } from "../link/polling.ts";
import { canPush, keepRight, ownerHere, type PushOptions, turnOff, turnOn } from "../link/push.ts";
import { pageTimers } from "../link/timers.ts";
import type { Board } from "./state.ts";

const SCOPE = "/board";
/** As board/main.ts forgets it at a sign-out. */
export const KEPT = "wattline/push/board";
/** The server holds notifications back for 75 s after each. */
const VISIBLE_EVERY_MS = 30_000;

/** The worker answers an offline start in this language. */
const workerOf = (lang: string): string => `/worker.js?lang=${lang}`;

export const pushOptions = ({ desk, config }: Board): PushOptions => ({
  rest: desk.rest,
  me: config.me.id,
  lang: config.lang,
  worker: workerOf(config.lang),
  scope: SCOPE,
  kept: KEPT,
});

/** Turn it on or off together with the board's own notifications. The dialog shows what did not succeed. */
export async function followPush(board: Board, isOn: boolean): Promise<void> {
  if (!canPush()) return;
  if (isOn) tellVisible(board);
  const { rest, kept } = pushOptions(board);
  await (isOn ? turnOn(pushOptions(board)) : turnOff(kept, rest)).catch(() => undefined);
}

/** Register the worker, open what a notification is about, and keep the subscription right. */
export function beginPush(board: Board): void {
  const { lang, isNotified } = board.config;
  if (isNotified) tellVisible(board);
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  serviceWorker.addEventListener("message", ({ data }: MessageEvent<{ wattline?: string }>) => {
    if (data?.wattline) board.open(data.wattline);
  });
  const register = async (): Promise<void> => {
    try {
      await serviceWorker.register(workerOf(lang), { scope: SCOPE, updateViaCache: "none" });
    } catch (refused) {
      if ((refused as Error).name === "SecurityError") return; // a private window of some browsers
      throw refused; // the script did not come
    }
    if (canPush()) await keep(board).catch(() => undefined); // the next visit tries again
  };
  keepTrying(register, pageTimers);
}

/** Whoever turned notifications on in this browser and signs in is notified here. */
async function keep(board: Board): Promise<void> {
  const options = pushOptions(board);
  const isOn = board.alerts.notices.peek() === "on";
  const owner = ownerHere(KEPT);
  if (owner === options.me) {
    const isRight = await keepRight(options);
    if (isRight) tellVisible(board);
    else if (isOn) await board.alerts.toggleNotices(); // removed in another browser's list
  } else if (isOn) await followPush(board, true);
  else if (owner) await turnOff(KEPT, options.rest);
}

let isTelling = false;

/** Tell the server while this board is visible, so that no other browser of the agent rings. */
function tellVisible({ desk }: Board): void {
  if (isTelling) return;
  isTelling = true;
  const tell = (): void => {
    const on = document.visibilityState === "visible";
    desk.rest.send("PUT", "/api/push/watching", { on }).catch(() => undefined);
  };
  document.addEventListener("visibilitychange", tell);
  setInterval(() => document.visibilityState === "visible" && tell(), VISIBLE_EVERY_MS);
  tell();
}
