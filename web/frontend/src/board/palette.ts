/** The commands that Ctrl-K offers. */

import { INBOX_FILTERS, type InboxFilter, questionOf } from "../core/inbox.ts";
import type { Item } from "../core/view.ts";
import type { IconName } from "../ui/icon.tsx";
import { type BoardTexts, textsFor } from "../ui/messages.ts";
import { type PageTexts, pageTextsFor } from "../ui/page-messages.ts";
import { assignees, ownChoices } from "./choices.ts";
import type { Mode } from "./drafts.ts";
import { showView } from "./inbox-views.ts";
import { askToDelete, canDelete, canEdit, canQuote, edit, quote } from "./own-words.ts";
import type { Choice } from "./picker.tsx";
import { PAGES, pageName } from "./route.ts";
import { folded } from "./search.ts";
import { snoozeEnds } from "./snooze.ts";
import type { Board } from "./state.ts";
import { questionWords } from "./summary-text.ts";

const LEVELS = ["high", "normal", "low"] as const;
const ADMIN_ONLY: readonly string[] = ["agents", "outage", "devices"];
/** Clients that a text found, and those that stand there before one is typed. */
const CLIENTS_FOUND = 20;
const CLIENTS_FIRST = 4;

const LIST_ICONS: Readonly<Record<InboxFilter, IconName>> = {
  mine: "person",
  unassigned: "inbox",
  all: "chat",
  snoozed: "moon",
  resolved: "done",
};

/** A command; a rare one is listed only where a text asks for it. */
type Command = Choice & { readonly rare?: boolean };

/** Return the commands for the open conversation. */
function conversationChoices(board: Board, t: BoardTexts, client: string, write: (mode: Mode) => void): Command[] {
  const me = board.config.me.id;
  const assign = (key: string, name: string, to: string | null): Command => ({
    key,
    label: t.assignTo(name),
    icon: "person",
    rare: true,
    run: () => board.assign([client], to),
  });
  const isResolved = board.summary.value?.status === "resolved";
  const summary = board.actions.summaryOf(client);
  const group = board.clientName(client);
  const commands: Command[] = [
    { key: "reply", label: t.reply, icon: "chat", hotkey: "r", run: () => write("reply") },
    { key: "note", label: t.note, icon: "lock", hotkey: "n", run: () => write("note") },
    { key: "canned", label: t.canned, icon: "macro", hotkey: ";", run: () => board.openCanned() },
    {
      key: "resolve",
      label: isResolved ? t.reopen : t.resolve,
      icon: isResolved ? "reply" : "done",
      hotkey: "e",
      run: () => board.toggleResolved(client),
    },
    { ...assign("to-me", t.toMe, me), rare: false }, // `a` and `s` open menus
    ...assignees(board, [client]).map(({ id, name }) => assign(`to-${id}`, name, id)),
    assign("to-nobody", t.toNobody, null),
    ...snoozeEnds(t, board.now.value).map(
      ({ key, label, until }): Command => ({
        key,
        label: `${t.snooze}: ${label}`,
        icon: "moon",
        rare: key !== "hour",
        run: () => board.snooze([client], until),
      }),
    ),
    { key: "tag", label: t.addTag, icon: "tag", hotkey: "t", run: () => void (board.dialog.value = "tag") },
    ...(summary && questionOf(summary)
      ? [{ key: "unread", label: t.markUnread, icon: "inbox", run: () => board.markUnread(client) } as const]
      : []),
    ...wordChoices(board, t, client),
    ...LEVELS.map(
      (level): Command => ({
        key: level,
        label: `${t.priority}: ${t[level]}`,
        icon: "warning",
        rare: true,
        run: () => board.command(client, { do: "priority", level }),
      }),
    ),
    { key: "context", label: t.openContext, icon: "bars", run: () => board.go({ client, pane: "context" }) },
  ];
  return commands.map((command) => ({ ...command, group }));
}

/** Return what can be done with the client's last words and one's own. */
function wordChoices(board: Board, t: BoardTexts, client: string): Command[] {
  const items = board.conversation.value?.view.value.items ?? [];
  const command = (
    key: string,
    label: string,
    icon: IconName,
    fits: (item: Item) => boolean,
    run: typeof quote,
  ): Command[] => {
    const last = items.findLast(fits);
    return last ? [{ key, label, icon, rare: true, run: () => run(board, client, last) }] : [];
  };
  return [
    ...command("quote", t.quoteLast, "quote", (item) => canQuote(item) && item.sender === client, quote),
    ...command("edit", t.editLast, "edit", canEdit, edit),
    ...command("delete", t.deleteLast, "trash", canDelete, askToDelete),
  ];
}

/** Return what an agent does beside the conversations: find, begin, and the own presence, look and sign-in. */
function ownCommands(board: Board, t: PageTexts): Command[] {
  const { presence, theme, language } = ownChoices(board, t);
  const named = (choices: readonly Choice[], hint: string, icon: IconName) =>
    choices.map((choice): Command => ({ ...choice, hint, icon, rare: true }));
  const commands: Command[] = [
    {
      key: "start",
      label: t.startConversation,
      icon: "edit",
      hotkey: "c",
      run: () => void (board.dialog.value = "start"),
    },
    {
      key: "search",
      label: t.search,
      icon: "search",
      hotkey: "/",
      run: () => {
        board.go({ client: board.outside.isOnePane() ? null : board.route.value.client, pane: "list" });
        queueMicrotask(() => document.getElementById("wl-search")?.focus());
      },
    },
    {
      key: "select",
      label: t.selectSeveral,
      icon: "done",
      hotkey: "x",
      run: () => {
        board.go({ client: board.route.value.client, pane: "list" });
        board.selection.begin();
      },
    },
    { key: "views", label: t.saveView, icon: "filter", rare: true, run: () => void (board.dialog.value = "views") },
    { key: "face", label: t.ownPhoto, icon: "smile", rare: true, run: () => board.openFace(board.config.me.id) },
    ...named(presence, t.status, "person"),
    ...named(theme, t.theme, "palette"),
    ...named(language, t.language, "globe"),
    { key: "help", label: t.keysHelp, icon: "help", hotkey: "?", run: () => void (board.dialog.value = "help") },
    { key: "out", label: t.signOut, icon: "out", run: () => board.outside.signOut(false) },
    {
      key: "out-everywhere",
      label: t.signOutEverywhere,
      icon: "lock",
      rare: true,
      run: () => board.outside.signOut(true),
    },
  ];
  return commands.map((command) => ({ ...command, group: t.paletteActions }));
}

/** Return the lists of conversations, the saved views, and the pages. */
function places(board: Board, t: PageTexts): Command[] {
  const toList = (show: () => void) => (): void => {
    board.go({ client: board.route.value.client, pane: "list" });
    show();
  };
  const commands: Command[] = [
    ...INBOX_FILTERS.map(
      (filter): Command => ({
        key: `list-${filter}`,
        label: t[filter],
        hint: t.inboxLabel,
        icon: LIST_ICONS[filter],
        run: toList(() => board.show(filter)),
      }),
    ),
    ...board.views.all.map(
      (view, place): Command => ({
        key: `view ${place}`,
        label: view.name,
        hint: t.views,
        icon: "filter",
        run: toList(() => showView(board, view)),
      }),
    ),
    ...PAGES.filter((page) => board.config.me.admin || !ADMIN_ONLY.includes(page)).map(
      (page): Command => ({
        key: page,
        label: pageName(t, page),
        hint: page === "reports" ? "" : t.settings,
        picture: page,
        run: () => board.showPage(page),
      }),
    ),
  ];
  return commands.map((command) => ({ ...command, group: t.pages }));
}

/** Search the messages for what was typed. */
const searchFor = (board: Board, t: PageTexts, text: string): Command => ({
  key: "search-for",
  label: t.paletteSearchFor(text),
  icon: "search",
  group: t.search,
  run: () => {
    board.go({ client: board.outside.isOnePane() ? null : board.route.value.client, pane: "list" });
    board.query.value = text;
  },
});

/** Return the text with a space before each word and in place of whatever else is no letter or digit. */
const spaced = (text: string): string => ` ${text.replace(/[^\p{L}\p{N}]+/gu, " ")}`;

/**
 * Return the clients and the commands whose names hold all the words: first those with words that begin so, then those
 * that hold them inside a word. Last comes a search of the messages; before a word is typed the usual commands.
 */
export function choicesOf(board: Board, t: BoardTexts, text: string, write: (mode: Mode) => void): readonly Choice[] {
  const client = board.isMissing.value ? null : board.route.value.client;
  const words = folded(text).split(/\s+/u).filter(Boolean);
  const answers = (name: string): boolean => {
    const all = folded(name);
    return words.every((word) => all.includes(word));
  };
  const begins = ({ label }: Command): boolean => {
    const all = spaced(folded(label));
    return words.every((word) => all.includes(spaced(word)));
  };
  const texts = pageTextsFor(t.lang);
  const own = client === null ? [] : conversationChoices(board, t, client, write);
  const others = [...ownCommands(board, texts), ...places(board, texts)];
  const known = words.length > 0 ? Object.values(board.desk.inbox.value.summaries) : board.list.rows.value;
  const clients = known
    .filter((summary) => words.length > 0 || summary.client !== client) // a typed name is found, open or not
    .map((summary): Command => {
      const name = board.clientName(summary.client, summary.name);
      return {
        key: summary.client,
        label: name,
        hint: questionWords(questionOf(summary), textsFor(t.lang)) ?? summary.client,
        face: { id: summary.client, name },
        group: texts.paletteClients,
        run: () => board.open(summary.client),
      };
    });
  if (words.length === 0)
    return [...own, ...clients.slice(0, CLIENTS_FIRST), ...others].filter(({ rare = false }) => !rare);
  const people = clients.filter(({ label, key }) => answers(`${label} ${key}`));
  const commands = [...own, ...others].filter(({ label, hint = "" }) => answers(`${label} ${hint}`));
  const foundFirst = people.filter(begins).slice(0, CLIENTS_FOUND);
  return [
    ...foundFirst,
    ...commands.filter(begins),
    ...people.filter((person) => !begins(person)).slice(0, CLIENTS_FOUND - foundFirst.length),
    ...commands.filter((command) => !begins(command)),
    searchFor(board, texts, text.trim()),
  ];
}
