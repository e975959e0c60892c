import { useRef } from "preact/hooks";

import { Icon } from "../ui/icon.tsx";
import { LANGS, type BoardTexts, type Texts } from "../ui/messages.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import { Button } from "../ui/button.tsx";
import { Menu } from "./menu.tsx";
import type { Board } from "./state.ts";
import { chosenTheme, chooseTheme, THEMES } from "./theme.ts";

interface TopBarProps {
  readonly board: Board;
  readonly t: BoardTexts;
  readonly words: Texts;
}

const LANGUAGE_NAMES = { en: "English", ro: "Română" } as const;

/** Brand, search, who waits, and the agent's own menu. */
export function TopBar({ board, t, words }: TopBarProps) {
  const field = useRef<HTMLInputElement>(null);
  const { me } = board.config;
  const live = board.desk.connection.value.state === "live";
  const state = !live ? "offline" : board.away.value ? "away" : "online";
  const theme = chosenTheme();
  const themeNames = { auto: t.themeAuto, light: t.themeLight, dark: t.themeDark };
  return (
    <header class="wl-top">
      <span class="wl-brand">
        <Icon name="bolt" />
        <span class="wl-brand-name">Wattline</span>
      </span>
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
            board.query.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key !== "Escape" && event.key !== "Enter") return;
            event.preventDefault();
            const first = board.rows.value[0];
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
          <Button kind="quiet" icon label={t.clearSearch} onClick={() => {
            board.query.value = "";
            field.current?.focus();
          }}>
            <Icon name="close" />
          </Button>
        )}
      </form>
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
          { key: "theme", label: t.theme, heading: true },
          ...THEMES.map((name) => ({ key: name, label: themeNames[name], checked: theme === name, run: () => chooseTheme(name) })),
          { key: "language", label: t.language, heading: true },
          ...LANGS.map((lang) => ({
            key: lang,
            label: LANGUAGE_NAMES[lang],
            checked: t.lang === lang,
            run: () => location.assign(`?lang=${lang}${location.hash}`),
          })),
          { key: "rest", label: me.name, heading: true },
          { key: "keys", label: t.keysHelp, run: () => { board.helpOpen.value = true; } },
          { key: "out", label: t.signOut, run: () => board.outside.signOut() },
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
