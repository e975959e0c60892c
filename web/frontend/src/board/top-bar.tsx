import { useRef } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { PresenceDot } from "../ui/presence-dot.tsx";
import { Menu, type MenuItem } from "./menu.tsx";
import { ownChoices } from "./palette.ts";
import { routeHash } from "./route.ts";
import type { Board, ViewProps } from "./state.ts";

function Search({ board, t }: Omit<ViewProps, "words">) {
  const field = useRef<HTMLInputElement>(null);
  const onInput = (text: string): void => {
    if (board.route.value.page) board.go({ client: null, pane: "list" });
    board.query.value = text;
  };
  const onKey = (key: string): void => {
    const first = board.list.value[0];
    if (key === "Escape") board.query.value = "";
    else if (first && board.query.value.trim() !== "") board.open(first.client);
    field.current?.blur();
  };
  return (
    <form class="wl-search" role="search" onSubmit={(event) => event.preventDefault()}>
      <Icon name="search" />
      <input
        ref={field}
        id="wl-search"
        type="search"
        autocomplete="off"
        spellcheck={false}
        aria-label={t.search}
        placeholder={t.search}
        value={board.query.value}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" && event.key !== "Enter") return;
          event.preventDefault();
          onKey(event.key);
        }}
      />
      {board.query.value === "" ? (
        <kbd class="wl-key" aria-hidden="true">
          /
        </kbd>
      ) : (
        <Button
          kind="quiet"
          icon
          label={t.clearSearch}
          onClick={() => {
            board.query.value = "";
            field.current?.focus();
          }}
        >
          <Icon name="close" />
        </Button>
      )}
    </form>
  );
}

const pageHash = (page: "overview" | "canned"): string => routeHash({ client: null, pane: "list", page });

/** Return the agent's menu: presence, alerts, theme, language, pages and sign-out. */
function agentItems(board: Board, t: ViewProps["t"]): readonly MenuItem[] {
  const { presence, theme, language } = ownChoices(board, t);
  const { notices, sound } = board.alerts;
  const heading = (label: string): MenuItem => ({ key: `heading ${label}`, label, heading: true });
  return [
    ...presence,
    heading(t.alerts),
    ...(notices.value === "impossible"
      ? []
      : [
          {
            key: "notices",
            label: notices.value === "refused" ? t.noticesRefused : t.notices,
            checked: notices.value === "on",
            run: () => void board.alerts.toggleNotices(),
          },
        ]),
    { key: "sound", label: t.sound, checked: sound.value, run: () => board.alerts.toggleSound() },
    heading(t.theme),
    ...theme,
    heading(t.language),
    ...language,
    heading(board.config.me.name),
    { key: "overview", label: t.pageOverview, run: () => board.showPage("overview") },
    { key: "settings", label: t.settings, run: () => board.showPage("canned") },
    { key: "keys", label: t.keysHelp, hotkey: "?", run: () => void (board.dialog.value = "help") },
    { key: "palette", label: t.palette, hotkey: "Ctrl K", run: () => void (board.dialog.value = "palette") },
    { key: "out", label: t.signOut, run: () => board.outside.signOut(false) },
    { key: "out-everywhere", label: t.signOutEverywhere, run: () => board.outside.signOut(true) },
  ];
}

/** Show brand, search, pages, the number of waiting clients, and the agent's menu. */
export function TopBar({ board, t, words }: ViewProps) {
  const { me } = board.config;
  const { page } = board.route.value;
  const live = board.desk.connection.value.state === "live";
  const state = !live ? "offline" : board.away.value ? "away" : "online";
  return (
    <header class="wl-top">
      <a class="wl-brand" href="#/" aria-label={t.home}>
        <Icon name="bolt" />
        <span class="wl-brand-name">Wattline</span>
      </a>
      <Search board={board} t={t} />
      <nav class="wl-top-nav" aria-label={t.pages}>
        <a href="#/" class="wl-tab" aria-current={page ? undefined : "page"}>
          {t.chats}
        </a>
        <a href={pageHash("overview")} class="wl-tab" aria-current={page === "overview" ? "page" : undefined}>
          {t.pageOverview}
        </a>
        <a href={pageHash("canned")} class="wl-tab" aria-current={page && page !== "overview" ? "page" : undefined}>
          {t.settings}
        </a>
      </nav>
      <span class="wl-top-waiting wl-number" role="status" data-testid="waiting">
        {board.desk.inbox.value.known && t.waitingCount(board.waiting.value)}
      </span>
      <Menu board={board} name="agent" label={t.agentMenu(me.name, words[state])} items={agentItems(board, t)}>
        <PresenceDot state={state} />
        <span class="wl-top-me">
          {me.name}
          <span class="wl-top-state"> · {words[state]}</span>
        </span>
      </Menu>
    </header>
  );
}
