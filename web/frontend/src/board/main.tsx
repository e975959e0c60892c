/** The board's entry: reads the page, joins link, core and views, and starts. */

import { render } from "preact";

import { fetchConsumption, fetchNotes, fetchQuarters, fetchStandard } from "../link/client-snapshots.ts";
import { createDesk } from "../link/desk-link.ts";
import { App } from "./app.tsx";
import { readBoardConfig, readFirstRows } from "./config.ts";
import { pageDoors } from "./doors.ts";
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

const keep = (key: string, text: string): void => (text === "" ? localStorage.removeItem(key) : localStorage.setItem(key, text));
const kept = (key: string): string => localStorage.getItem(key) ?? "";

const outside: Outside = {
  notes: (client) => fetchNotes(desk.rest, client),
  consumption: (client, period) => fetchConsumption(desk.rest, client, period),
  quarters: (client, period) => fetchQuarters(desk.rest, client, period),
  standard: (client, period) => fetchStandard(desk.rest, client, period),
  keep,
  kept,
  now: () => Date.now(),
  signOut: (everywhere) => void desk.stop().finally(() => signOut(everywhere)),
  speak: (lang) => location.assign(`?lang=${lang}${location.hash}`),
  doors: pageDoors(keep, kept),
};

const root = document.getElementById("board");
if (!root) throw new Error("the page has no #board");
const rows = readFirstRows(document);
if (rows) desk.firstLook(rows);
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
