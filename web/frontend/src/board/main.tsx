/** The board's entry: read the page, create the desk and the views, and connect. */

import { render } from "preact";
import { Desk } from "../link/desk-link.ts";
import { readDraft, writeDraft } from "../link/drafts.ts";
import { namesIn, readLocal, writeLocal } from "../link/outbox-journal.ts";
import { beep, notify, notifyPermission } from "../ui/alerts.ts";
import { App } from "./app.tsx";
import { readBoardConfig, readFirstRows } from "./config.ts";
import { isOnePane } from "./focus.ts";
import { prefetchParts } from "./parts.ts";
import { Board, type Outside } from "./state.ts";
import { applyTheme, chosenTheme } from "./theme.ts";

applyTheme(chosenTheme());
const config = readBoardConfig(document);

function signOut(everywhere: boolean): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = config.logout;
  for (const [name, value] of [["csrf_token", config.csrf], ...(everywhere ? [["everywhere", "1"]] : [])]) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name as string;
    field.value = value as string;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

const { api: apiBase, csrf, me, teams } = config;
const desk = new Desk({ apiBase, me: me.id, name: me.name, csrf, ...(teams && { teams }) });

/** A storage key that changes at a sign-out: every tab of the browser gets the event. */
const SIGNED_OUT = "wattline/signed-out";
const RELOAD_AFTER_MS = 1_000;
/** The prefix of note drafts stored before 0.2. */
const OLD_NOTES = "wl-note-draft/";
/** Whom this browser notifies while no board is open (link/push.ts). */
const PUSHED = "wattline/push/board";
/** Delete what was read or typed here from the browser. Sent messages that wait for a connection stay. */
async function forgetAll(): Promise<void> {
  writeLocal(PUSHED, null); // the sign-out ends it on the server
  for (const name of namesIn("localStorage", OLD_NOTES)) writeLocal(name, null);
  await desk.stop();
}
addEventListener("storage", ({ key }) => {
  // The other tab's sign-out has to reach the server first.
  if (key === SIGNED_OUT) void forgetAll().finally(() => setTimeout(() => location.reload(), RELOAD_AFTER_MS));
});

/** Run what comes with the chunk that the keys open. */
const withLater = (run: (part: typeof import("./opened-later.ts")) => void): void =>
  void import("./opened-later.ts").then(run, () => undefined);

const TONES_HZ = [880, 660];
const TONE_S = 0.12;

const outside: Outside = {
  writeDraft: (key, text) => writeDraft(config.me.id, key, text),
  readDraft: (key) => readDraft(config.me.id, key),
  now: () => Date.now(),
  isOnePane,
  signOut(everywhere) {
    writeLocal(SIGNED_OUT, String(Date.now()));
    void forgetAll().finally(() => signOut(everywhere));
  },
  speak: (lang) => location.assign(`?lang=${lang}${location.hash}`),
  browser: {
    permission: notifyPermission,
    ask: () => Notification.requestPermission(),
    notify: (title, body, client, onClick) =>
      notify({ title, body, tag: `wattline/${client}`, icon: "/icon.svg" }, onClick),
    push: (isOn) => withLater((part) => void part.followPush(board, isOn)),
    beep: () =>
      TONES_HZ.forEach((tone, place) => {
        setTimeout(() => beep(tone, TONE_S), 1000 * TONE_S * place);
      }),
    watched: () => document.visibilityState === "visible" && document.hasFocus(),
    write: (key, text) => writeLocal(key, text || null),
    read: (key) => readLocal(key) ?? "",
  },
};

const root = document.getElementById("board");
if (!root) throw new Error("the page has no #board");
const rows = readFirstRows(document);
if (rows) desk.rows.firstLook(rows);
const board = new Board(desk, config, outside);
render(<App board={board} />, root);

const FRAME_WITHIN_MS = 300;
/** Connecting comes first. */
const PREFETCH_AFTER_MS = 300;

/** Run once after the first frame, so that connecting does not delay the rows. A hidden page has no frames: run anyway. */
function afterPaint(run: () => void): void {
  let due = true;
  const once = (): void => {
    if (due) run();
    due = false;
  };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, FRAME_WITHIN_MS);
}
/** The page without a connection (worker/offline.ts) can ask nobody. */
const COMPANY = "wl-company";

afterPaint(() => {
  writeLocal(COMPANY, config.company);
  void desk.start();
  setTimeout(() => {
    prefetchParts();
    withLater((part) => part.beginPush(board));
  }, PREFETCH_AFTER_MS);
});
