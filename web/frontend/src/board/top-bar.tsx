import { useRef } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { capital, languageName } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { type BoardTexts, LANGS, type Texts } from "../ui/messages.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import { Menu } from "./menu.tsx";
import { routeHash } from "./route.ts";
import type { Board } from "./state.ts";
import { chooseTheme, chosenTheme, THEMES } from "./theme.ts";

interface TopBarProps {
  readonly board: Board;
  readonly t: BoardTexts;
  readonly words: Texts;
}

/** Brand, search, who waits, and the agent's own menu. */
export function TopBar({ board, t, words }: TopBarProps) {
  const field = useRef<HTMLInputElement>(null);
  const { me } = board.config;
  const live = board.desk.connection.value.state === "live";
  const state = !live ? "offline" : board.away.value ? "away" : "online";
  const theme = chosenTheme();
  const notices = board.alerts.notices.value;
  const { page } = board.route.value;
  const themeNames = { auto: t.themeAuto, light: t.themeLight, dark: t.themeDark };
  return (
    <header class="wl-top">
      <a class="wl-brand" href="#/" aria-label={t.home}>
        <Icon name="bolt" />
        <span class="wl-brand-name">Wattline</span>
      </a>
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
          onInput={(event) => {
            if (page) board.go({ client: null, pane: "list" });
            board.query.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key !== "Escape" && event.key !== "Enter") return;
            event.preventDefault();
            const first = board.list.value[0];
            if (event.key === "Escape") board.query.value = "";
            else if (first && board.query.value.trim() !== "") board.open(first.client);
            field.current?.blur();
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
      <nav class="wl-top-nav" aria-label={t.pages}>
        <a href="#/" class="wl-tab" aria-current={page ? undefined : "page"}>
          {t.chats}
        </a>
        <a
          href={routeHash({ client: null, pane: "list", page: "overview" })}
          class="wl-tab"
          aria-current={page === "overview" ? "page" : undefined}
        >
          {t.pageOverview}
        </a>
        <a
          href={routeHash({ client: null, pane: "list", page: "canned" })}
          class="wl-tab"
          aria-current={page && page !== "overview" ? "page" : undefined}
        >
          {t.settings}
        </a>
      </nav>
      <span class="wl-top-waiting wl-number" role="status" data-testid="waiting">
        {board.desk.inbox.value.known && t.waitingCount(board.waiting.value)}
      </span>
      <Menu
        id="wl-agent-menu"
        label={t.agentMenu(me.name, words[state])}
        open={board.menu.value === "agent"}
        onOpen={(open) => {
          board.menu.value = open ? "agent" : null;
        }}
        items={[
          { key: "online", label: t.beOnline, checked: !board.away.value, run: () => board.setAway(false) },
          { key: "away", label: t.beAway, checked: board.away.value, run: () => board.setAway(true) },
          { key: "alerts", label: t.alerts, heading: true },
          ...(notices === "impossible"
            ? []
            : [
                {
                  key: "notices",
                  label: notices === "refused" ? t.noticesRefused : t.notices,
                  checked: notices === "on",
                  run: () => void board.alerts.toggleNotices(),
                },
              ]),
          { key: "sound", label: t.sound, checked: board.alerts.sound.value, run: () => board.alerts.toggleSound() },
          { key: "theme", label: t.theme, heading: true },
          ...THEMES.map((name) => ({
            key: name,
            label: themeNames[name],
            checked: theme === name,
            run: () => chooseTheme(name),
          })),
          { key: "language", label: t.language, heading: true },
          ...LANGS.map((lang) => ({
            key: lang,
            label: capital(languageName(lang, lang)),
            checked: t.lang === lang,
            run: () => board.outside.speak(lang),
          })),
          { key: "rest", label: me.name, heading: true },
          { key: "overview", label: t.pageOverview, run: () => board.showPage("overview") },
          { key: "settings", label: t.settings, run: () => board.showPage("canned") },
          { key: "keys", label: t.keysHelp, hotkey: "?", run: () => void (board.dialog.value = "help") },
          { key: "palette", label: t.palette, hotkey: "Ctrl K", run: () => void (board.dialog.value = "palette") },
          { key: "out", label: t.signOut, run: () => board.outside.signOut(false) },
          { key: "out-everywhere", label: t.signOutEverywhere, run: () => board.outside.signOut(true) },
        ]}
      >
        <PresenceDot state={state} />
        <span class="wl-top-me">
          {me.name}
          <span class="wl-top-state"> · {words[state]}</span>
        </span>
      </Menu>
    </header>
  );
}
