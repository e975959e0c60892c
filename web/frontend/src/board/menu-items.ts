/** The items of the menus, which are made when a menu opens. */

import { belongs, type InboxFilter, questionOf, type Summary } from "../core/inbox.ts";
import type { Facet } from "../link/desk-api.ts";
import type { IconName } from "../ui/icon.tsx";
import type { BoardTexts } from "../ui/messages.ts";
import { assignItems, colleaguesOf, ownChoices, snoozeItems } from "./choices.ts";
import { facetName, showView, UNTABBED, viewShown } from "./inbox-views.ts";
import { countFacets, frequent, MAX_TAGS, ORDERS, partsOf, tagsOf, toggled } from "./list-choice.ts";
import type { Choice, MenuItem } from "./picker.tsx";
import type { Board, ViewProps } from "./state.ts";

export { assignItems, snoozeItems };

const item = (key: string, label: string, icon: IconName, run: () => void): Choice => ({ key, label, icon, run });
const heading = (label: string): MenuItem => ({ key: `heading ${label}`, label, heading: true });

/** Return the lists without a tab and the saved views; the first nine have a digit as their key. */
export function viewItems(board: Board, t: BoardTexts, list: InboxFilter | undefined): readonly MenuItem[] {
  const counts = board.list.counts.value;
  const shown = viewShown(board);
  return [
    ...UNTABBED.map(
      (filter): Choice => ({
        key: filter,
        label: t[filter],
        icon: filter === "snoozed" ? "moon" : "done",
        hint: counts[filter] > 0 ? String(counts[filter]) : "",
        checked: filter === list,
        run: () => board.show(filter),
      }),
    ),
    heading(t.savedViews),
    ...board.views.all.map(
      (view, place): Choice => ({
        key: `view ${place}`,
        label: view.name,
        icon: "filter",
        checked: view === shown,
        ...(place < 9 && { hotkey: String(place + 1) }),
        run: () => showView(board, view),
      }),
    ),
    { key: "save", label: t.saveView, icon: "edit", run: () => void (board.dialog.value = "views") },
  ];
}

/** Return the orders of the rows. */
export const orderItems = (board: Board, names: Readonly<Record<(typeof ORDERS)[number], string>>) =>
  ORDERS.map((order) => ({
    key: order,
    label: names[order],
    checked: order === board.order.value,
    run: () => {
      board.order.value = order;
    },
  }));

const FACET_ICONS: Readonly<Record<string, IconName>> = {
  unread: "inbox",
  urgent: "warning",
  tag: "tag",
  area: "pin",
  lang: "globe",
};

/** Return the choices of the filter menu: unread, urgent, and the tags, areas, languages and people in use. */
export function facetItems(board: Board, t: BoardTexts): readonly MenuItem[] {
  const facets = board.facets.value;
  const me = board.config.me.id;
  const filter = board.filter.value;
  const rows = Object.values(board.list.summaries.value);
  // Of the snoozed and the resolved the board holds only the first pages.
  const counts = UNTABBED.includes(filter)
    ? null
    : countFacets(
        rows.filter((row) => belongs(row, filter, me)),
        me,
      );
  const facetItem = (facet: Facet): Choice => {
    const [kind, value] = partsOf(facet);
    const label = facetName(board, t, facet);
    return {
      key: facet,
      label,
      ...(kind === "of" ? { face: { id: value, name: label } } : { icon: FACET_ICONS[kind] ?? "filter" }),
      ...(counts && { hint: String(counts.get(facet) ?? 0) }),
      checked: facets.includes(facet),
      run: () => {
        board.facets.value = toggled(facets, facet);
      },
    };
  };
  // What nobody has would show an empty list.
  const isOffered = (facet: Facet): boolean => facets.includes(facet) || counts?.get(facet) !== undefined || !counts;
  const group = (label: string, items: readonly Facet[]): readonly MenuItem[] => {
    const offered = items.filter(isOffered).slice(0, MAX_TAGS);
    return offered.length > 0 ? [heading(label), ...offered.map(facetItem)] : [];
  };
  const used = (of: (row: Summary) => string | null): readonly string[] => frequent(rows, (row) => [of(row)]);
  return [
    facetItem("unread"),
    facetItem("urgent"),
    ...group(
      t.tags,
      tagsOf(rows).map((tag): Facet => `tag:${tag}`),
    ),
    ...group(
      t.area,
      used(({ area }) => area).map((area): Facet => `area:${area}`),
    ),
    ...group(
      t.language,
      used(({ lang }) => lang).map((lang): Facet => `lang:${lang}`),
    ),
    ...(board.filter.value === "mine" || board.filter.value === "unassigned"
      ? []
      : group(
          t.assignee,
          [board.config.me.id, ...colleaguesOf(board).map(({ id }) => id)].map((id): Facet => `of:${id}`),
        )),
    // Last, because the server is asked: what comes later moves nothing.
    ...(board.clients.attributes.valueOf(filter)?.length
      ? [heading(t.client), item("attribute", t.attribute, "filter", () => void (board.dialog.value = "attribute"))]
      : []),
  ];
}

const LEVELS = ["high", "normal", "low"] as const;

/** Of two lists in one menu a digit would choose the first one's item only. */
const withoutKeys = (choices: readonly Choice[]): readonly Choice[] =>
  choices.map((choice) => ({ ...choice, hotkey: "" }));

const isVisible = (selector: string): boolean => document.querySelector(selector)?.checkVisibility() ?? false;
/** Return whether the head of the conversation shows the button. */
const hasButton = (name: "snooze" | "context"): boolean => isVisible(`.wl-head-${name}`);
/** Return whether the client stands beside the conversation. */
const hasPane = (): boolean => isVisible(".wl-pane-context");

/** Return what is needed rarely, and what has no button on this screen. */
export function moreItems(board: Board, t: BoardTexts, client: string): readonly MenuItem[] {
  const summary = board.summary.value;
  const isResolved = summary?.status === "resolved";
  const question = summary && questionOf(summary);
  const isPhone = board.outside.isOnePane();
  return [
    ...(hasButton("context") || hasPane()
      ? []
      : [item("context", t.openContext, "bars", () => board.go({ client, pane: "context" }))]),
    ...(!question ? [] : [item("unread", t.markUnread, "inbox", () => board.markUnread(client))]),
    ...(isPhone ? [heading(t.assign), ...withoutKeys(assignItems(board, t, [client]))] : []),
    ...((isPhone || !hasButton("snooze")) && !isResolved
      ? [heading(t.snooze), ...withoutKeys(snoozeItems(board, t, [client]))]
      : []),
    heading(t.priority),
    ...LEVELS.map((level) => ({
      key: level,
      label: t[level],
      checked: level === (summary?.priority ?? "normal"),
      run: () => board.command(client, { do: "priority", level }),
    })),
  ];
}

/** Return the agent's menu: presence, alerts, theme, language, commands and sign-out. */
export function agentItems(board: Board, t: BoardTexts): readonly MenuItem[] {
  const { presence, theme, language } = ownChoices(board, t);
  const { notices, sound } = board.alerts;
  return [
    heading(board.config.me.name),
    ...presence,
    heading(t.alerts),
    ...(notices.value === "impossible"
      ? []
      : [
          {
            key: "notices",
            label: notices.value === "refused" ? t.noticesRefused : t.notices,
            icon: "bell" as const,
            checked: notices.value === "on",
            run: () => void board.alerts.toggleNotices(),
          },
        ]),
    item("browsers", t.noticeBrowsers, "globe", () => void (board.dialog.value = "notices")),
    {
      key: "sound",
      label: t.sound,
      icon: "sound" as const,
      checked: sound.value,
      run: () => board.alerts.toggleSound(),
    },
    heading(t.theme),
    ...theme,
    heading(t.language),
    ...language,
    heading(t.more),
    { key: "face", label: t.ownPhoto, icon: "person", run: () => board.openFace(board.config.me.id) },
    { key: "keys", label: t.keysHelp, icon: "help", hotkey: "?", run: () => void (board.dialog.value = "help") },
    {
      key: "palette",
      label: t.palette,
      icon: "search",
      hotkey: "Ctrl K",
      run: () => void (board.dialog.value = "palette"),
    },
    { key: "out", label: t.signOut, icon: "out", run: () => board.outside.signOut(false) },
    { key: "out-everywhere", label: t.signOutEverywhere, icon: "lock", run: () => board.outside.signOut(true) },
  ];
}

/** Return what can follow the words: nothing, a resolve or a snooze. */
export function sendItems(props: ViewProps, client: string, sendAnd: (then: () => void) => void): readonly MenuItem[] {
  const { board, t, words } = props;
  return [
    { key: "send", label: words.send, icon: "send", hotkey: "Enter", run: () => sendAnd(() => undefined) },
    {
      key: "resolve",
      label: t.sendAndResolve,
      icon: "done",
      hotkey: "Ctrl Enter",
      run: () => sendAnd(() => board.resolve([client])),
    },
    { key: "snooze", label: t.sendAndSnooze, heading: true },
    ...snoozeItems(board, t, [client]).map((item) => ({ ...item, run: () => sendAnd(item.run) })),
  ];
}
