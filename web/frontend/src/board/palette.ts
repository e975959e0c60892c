/** The commands that Ctrl-K offers. */

import { INBOX_FILTERS, questionOf } from "../core/inbox.ts";
import type { Item } from "../core/view.ts";
import type { BoardTexts } from "../ui/messages.ts";
import { pageTextsFor } from "../ui/page-messages.ts";
import { assignees, ownChoices } from "./choices.ts";
import type { Mode } from "./drafts.ts";
import { showView } from "./inbox-views.ts";
import { askToDelete, canDelete, canEdit, canQuote, edit, quote } from "./own-words.ts";
import type { Choice } from "./picker.tsx";
import { PAGES, pageName } from "./route.ts";
import { folded } from "./search.ts";
import { snoozeEnds } from "./snooze.ts";
import type { Board } from "./state.ts";

const LEVELS = ["high", "normal", "low"] as const;
const ADMIN_ONLY: readonly string[] = ["agents", "outage", "devices"];
const CLIENTS_SHOWN = 20;

/** Return the commands for the open conversation. */
function conversationChoices(board: Board, t: BoardTexts, client: string, write: (mode: Mode) => void): Choice[] {
  const me = board.config.me.id;
  const assign = (key: string, name: string, to: string | null): Choice => ({
    key,
    label: t.assignTo(name),
    run: () => board.assign([client], to),
  });
  const summary = board.actions.summaryOf(client);
  const choices: Choice[] = [
    { key: "reply", label: t.reply, hotkey: "r", run: () => write("reply") },
    { key: "note", label: t.note, hotkey: "n", run: () => write("note") },
    { key: "canned", label: t.canned, hotkey: ";", run: () => board.openCanned() },
    {
      key: "resolve",
      label: board.summary.value?.status === "resolved" ? t.reopen : t.resolve,
      hotkey: "e",
      run: () => board.toggleResolved(client),
    },
    ...(summary && questionOf(summary)
      ? [{ key: "unread", label: t.markUnread, run: () => board.markUnread(client) }]
      : []),
    { ...assign("to-me", t.toMe, me), hotkey: "a" },
    ...assignees(board, [client]).map(({ id, label }) => assign(`to-${id}`, label, id)),
    assign("to-nobody", t.toNobody, null),
    ...snoozeEnds(t, board.now.value).map(({ key, label, until }) => ({
      key,
      label: `${t.snooze}: ${label}`,
      ...(key === "hour" ? { hotkey: "s" } : {}),
      run: () => board.snooze([client], until),
    })),
    ...wordChoices(board, t, client),
    { key: "tag", label: t.addTag, hotkey: "t", run: () => void (board.dialog.value = "tag") },
    ...LEVELS.map((level) => ({
      key: level,
      label: `${t.priority}: ${t[level]}`,
      run: () => board.command(client, { do: "priority", level }),
    })),
    { key: "context", label: t.openContext, run: () => board.go({ client, pane: "context" }) },
  ];
  const hint = board.summary.value?.name ?? client;
  return choices.map((choice) => ({ ...choice, hint }));
}

/** Return what can be done with the client's last words and one's own. */
function wordChoices(board: Board, t: BoardTexts, client: string): Choice[] {
  const items = board.conversation.value?.view.value.items ?? [];
  const choice = (key: string, label: string, fits: (item: Item) => boolean, run: typeof quote): Choice[] => {
    const last = items.findLast(fits);
    return last ? [{ key, label, run: () => run(board, client, last) }] : [];
  };
  return [
    ...choice("quote", t.quoteLast, (item) => canQuote(item) && item.sender === client, quote),
    ...choice("edit", t.editLast, canEdit, edit),
    ...choice("delete", t.deleteLast, canDelete, askToDelete),
  ];
}

/** Return the commands, and then the clients, whose names hold all the words. */
export function choicesOf(board: Board, t: BoardTexts, text: string, write: (mode: Mode) => void): readonly Choice[] {
  const client = board.isMissing.value ? null : board.route.value.client;
  const words = folded(text).split(/\s+/u).filter(Boolean);
  const answers = (name: string): boolean => {
    const all = folded(name);
    return words.every((word) => all.includes(word));
  };
  const { presence, theme, language } = ownChoices(board, t);
  const texts = pageTextsFor(t.lang);
  const hinted = (choices: readonly Choice[], hint: string) => choices.map((choice) => ({ ...choice, hint }));
  const commands: readonly Choice[] = [
    ...(client === null ? [] : conversationChoices(board, t, client, write)),
    ...INBOX_FILTERS.map((filter) => ({
      key: `list-${filter}`,
      label: t[filter],
      hint: t.inboxLabel,
      run: () => {
        board.go({ client: board.route.value.client, pane: "list" });
        board.show(filter);
      },
    })),
    ...board.views.all.map((view, place) => ({
      key: `view ${place}`,
      label: view.name,
      hint: t.views,
      run: () => {
        board.go({ client: board.route.value.client, pane: "list" });
        showView(board, view);
      },
    })),
    { key: "views", label: t.saveView, run: () => void (board.dialog.value = "views") },
    ...PAGES.filter((page) => board.config.me.admin || !ADMIN_ONLY.includes(page)).map((page) => ({
      key: page,
      label: pageName(texts, page),
      hint: page === "reports" ? "" : t.settings,
      run: () => board.showPage(page),
    })),
    { key: "start", label: t.startConversation, hotkey: "c", run: () => void (board.dialog.value = "start") },
    { key: "face", label: t.ownPhoto, run: () => board.openFace(board.config.me.id) },
    ...hinted(presence, t.status),
    ...hinted(theme, t.theme),
    ...hinted(language, t.language),
    { key: "help", label: t.keysHelp, hotkey: "?", run: () => void (board.dialog.value = "help") },
    { key: "out", label: t.signOut, run: () => board.outside.signOut(false) },
    { key: "out-everywhere", label: t.signOutEverywhere, run: () => board.outside.signOut(true) },
  ];
  const found = commands.filter(({ label, hint = "" }) => answers(`${label} ${hint}`));
  if (words.length === 0) return found;
  const clients = Object.values(board.desk.inbox.value.summaries)
    .filter((summary) => answers(`${summary.name ?? ""} ${summary.client}`))
    .slice(0, CLIENTS_SHOWN)
    .map((summary) => ({
      key: summary.client,
      label: summary.name ?? summary.client,
      hint: summary.client,
      run: () => board.open(summary.client),
    }));
  return [...found, ...clients];
}
