/** The board's entry: reads the page, joins link, core and views, and starts. */

import { render } from "preact";
import { createDesk } from "../link/desk-link.ts";
import { readDraft, writeDraft } from "../link/drafts.ts";
import { namesIn, readLocal, writeLocal } from "../link/outbox-journal.ts";
import { fetchConsumption, fetchNotes, fetchQuarters, fetchStandard } from "../link/rest.ts";
import { beep, notify, notifyPermission } from "../ui/alerts.ts";
import { App } from "./app.tsx";
import { readBoardConfig, readFirstRows } from "./config.ts";
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

const desk = createDesk({ apiBase: config.api, me: config.me.id, name: config.me.name, csrf: config.csrf });

const keep = (key: string, text: string): void => writeLocal(key, text || null);
const kept = (key: string): string => readLocal(key) ?? "";

/** Changes at a sign-out, which every tab of this browser hears. */
const SIGNED_OUT = "wattline/signed-out";
const OUT_WITHIN_MS = 1_000;
/** Where notes were kept that were typed before 0.2. */
const OLD_NOTES = "wl-note-draft/";
/** Nothing that was read or typed here stays in the browser; what was sent and waits for a connection does. */
async function forgetAll(): Promise<void> {
  for (const name of namesIn("localStorage", OLD_NOTES)) writeLocal(name, null);
  await desk.stop();
}
addEventListener("storage", ({ key }) => {
  // The other tab's sign-out has to come to the server first.
  if (key === SIGNED_OUT) void forgetAll().finally(() => setTimeout(() => location.reload(), OUT_WITHIN_MS));
});

const TONES_HZ = [880, 660];
const TONE_S = 0.12;

const outside: Outside = {
  notes: (client) => fetchNotes(desk.rest, client),
  consumption: (client, period) => fetchConsumption(desk.rest, client, period),
  quarters: (client, period) => fetchQuarters(desk.rest, client, period),
  standard: (client, period) => fetchStandard(desk.rest, client, period),
  keep: (key, text) => writeDraft(config.me.id, key, text),
  kept: (key) => readDraft(config.me.id, key),
  now: () => Date.now(),
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
    beep: () =>
      TONES_HZ.forEach((tone, place) => {
        setTimeout(() => beep(tone, TONE_S), 1000 * TONE_S * place);
      }),
    watched: () => document.visibilityState === "visible" && document.hasFocus(),
    keep,
    kept,
  },
};

const root = document.getElementById("board");
if (!root) throw new Error("the page has no #board");
const rows = readFirstRows(document);
if (rows) desk.rows.firstLook(rows);
render(<App board={new Board(desk, config, outside)} />, root);

const FRAME_WITHIN_MS = 300;

/** Connecting is work: the rows are on the screen first. A page that nobody sees has no frames, and is not waited for. */
function afterPaint(run: () => void): void {
  let due = true;
  const once = (): void => {
    if (due) run();
    due = false;
  };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, FRAME_WITHIN_MS);
}
afterPaint(() => void desk.start());
