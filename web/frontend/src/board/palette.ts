/** Everything the board can do, by name: what Ctrl-K offers. */

import { capital, languageName } from "../ui/format.ts";
import { type BoardTexts, LANGS } from "../ui/messages.ts";
import type { Choice } from "./picker.tsx";
import { PAGES, pageName } from "./route.ts";
import { folded } from "./search.ts";
import { snoozeTimes } from "./snooze.ts";
import type { Board } from "./state.ts";
import { chooseTheme, THEMES } from "./theme.ts";

const FILTERS = ["mine", "unassigned", "all", "snoozed", "resolved"] as const;
const LEVELS = ["high", "normal", "low"] as const;
const ADMIN_ONLY: readonly string[] = ["agents", "outage", "devices"];

/** What can be done with the open conversation. */
function withThis(
  board: Board,
  t: BoardTexts,
  client: string,
  write: (mode: "reply" | "note") => void,
): readonly Choice[] {
  const times = snoozeTimes(board.now.value);
  const { me } = board.config;
  const hint = board.summary.value?.name ?? client;
  const order = (key: string, label: string, run: () => void, hotkey?: string): Choice => ({
    key,
    label,
    hint,
    run,
    ...(hotkey ? { hotkey } : {}),
  });
  const snooze = (until: number) => () => board.command(client, { do: "snooze", until });
  const names = board.desk.names.value;
  const colleagues = Object.keys(board.desk.agents.value).filter((id) => id !== me.id);
  return [
    order("reply", t.reply, () => write("reply"), "r"),
    order("note", t.note, () => write("note"), "n"),
    order("canned", t.canned, () => board.openCanned(), ";"),
    order(
      "resolve",
      board.summary.value?.status === "resolved" ? t.reopen : t.resolve,
      () => board.toggleResolved(client),
      "e",
    ),
    order("to-me", t.assignTo(t.toMe), () => board.command(client, { do: "assign", to: me.id }), "a"),
    ...colleagues.map((id) =>
      order(`to-${id}`, t.assignTo(names[id] ?? id), () => board.command(client, { do: "assign", to: id })),
    ),
    order("to-nobody", t.assignTo(t.toNobody), () => board.command(client, { do: "assign", to: null })),
    order("hour", `${t.snooze}: ${t.snoozeHour}`, snooze(times.hour), "s"),
    order("tomorrow", `${t.snooze}: ${t.snoozeTomorrow}`, snooze(times.tomorrow)),
    order("monday", `${t.snooze}: ${t.snoozeMonday}`, snooze(times.monday)),
    ...LEVELS.map((level) =>
      order(level, `${t.priority}: ${t[level]}`, () => board.command(client, { do: "priority", level })),
    ),
    order("context", t.openContext, () => board.go({ client, pane: "context" })),
  ];
}

export function choicesOf(
  board: Board,
  t: BoardTexts,
  wish: string,
  write: (mode: "reply" | "note") => void,
): readonly Choice[] {
  const { client } = board.route.value;
  const words = folded(wish).split(/\s+/u).filter(Boolean);
  const answers = (text: string): boolean => {
    const all = folded(text);
    return words.every((word) => all.includes(word));
  };
  const themes = { auto: t.themeAuto, light: t.themeLight, dark: t.themeDark };
  const orders: readonly Choice[] = [
    ...(client === null ? [] : withThis(board, t, client, write)),
    ...FILTERS.map((filter) => ({
      key: `list-${filter}`,
      label: t[filter],
      hint: t.inboxLabel,
      run: () => {
        board.go({ client: board.route.value.client, pane: "list" });
        board.show(filter);
      },
    })),
    ...PAGES.filter((page) => board.config.me.admin || !ADMIN_ONLY.includes(page)).map((page) => ({
      key: page,
      label: pageName(t, page),
      hint: page === "overview" ? "" : t.settings,
      run: () => board.showPage(page),
    })),
    { key: "online", label: t.beOnline, hint: t.status, run: () => board.setAway(false) },
    { key: "away", label: t.beAway, hint: t.status, run: () => board.setAway(true) },
    ...THEMES.map((theme) => ({ key: theme, label: themes[theme], hint: t.theme, run: () => chooseTheme(theme) })),
    ...LANGS.map((lang) => ({
      key: lang,
      label: capital(languageName(lang, lang)),
      hint: t.language,
      run: () => board.outside.speak(lang),
    })),
    { key: "help", label: t.keysHelp, hotkey: "?", run: () => void (board.dialog.value = "help") },
    { key: "out", label: t.signOut, run: () => board.outside.signOut(false) },
    { key: "out-everywhere", label: t.signOutEverywhere, run: () => board.outside.signOut(true) },
  ];
  const found = orders.filter(({ label, hint = "" }) => answers(`${label} ${hint}`));
  if (words.length === 0) return found;
  const clients = Object.values(board.desk.inbox.value.summaries)
    .filter((summary) => answers(`${summary.name ?? ""} ${summary.client}`))
    .slice(0, 20)
    .map((summary) => ({
      key: summary.client,
      label: summary.name ?? summary.client,
      hint: summary.client,
      run: () => board.open(summary.client),
    }));
  return [...found, ...clients];
}
