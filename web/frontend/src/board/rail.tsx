import { Avatar } from "../ui/avatar.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { personClass } from "../ui/person.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import { ownChoices } from "./choices.ts";
import { Menu, type MenuItem } from "./menu.tsx";
import { type Page, routeHash } from "./route.ts";
import type { Board, ViewProps } from "./state.ts";

/** Return the agent's menu: presence, alerts, theme, language, commands and sign-out. */
function agentItems(board: Board, t: ViewProps["t"]): readonly MenuItem[] {
  const { presence, theme, language } = ownChoices(board, t);
  const { notices, sound } = board.alerts;
  const heading = (label: string): MenuItem => ({ key: `heading ${label}`, label, heading: true });
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
            checked: notices.value === "on",
            run: () => void board.alerts.toggleNotices(),
          },
        ]),
    { key: "browsers", label: t.noticeBrowsers, run: () => void (board.dialog.value = "notices") },
    { key: "sound", label: t.sound, checked: sound.value, run: () => board.alerts.toggleSound() },
    heading(t.theme),
    ...theme,
    heading(t.language),
    ...language,
    heading(t.more),
    { key: "face", label: t.ownPhoto, run: () => board.openFace(board.config.me.id) },
    { key: "keys", label: t.keysHelp, hotkey: "?", run: () => void (board.dialog.value = "help") },
    { key: "palette", label: t.palette, hotkey: "Ctrl K", run: () => void (board.dialog.value = "palette") },
    { key: "out", label: t.signOut, run: () => board.outside.signOut(false) },
    { key: "out-everywhere", label: t.signOutEverywhere, run: () => board.outside.signOut(true) },
  ];
}

/** The pages with an icon of their own; all others are reached from the settings. */
const PAGES = [
  ["outage", "outage"],
  ["reports", "chart"],
  ["agents", "people"],
] as const satisfies readonly (readonly [Page, IconName])[];

interface LinkProps {
  readonly to: string;
  readonly icon: IconName;
  readonly name: string;
  readonly current: boolean;
  readonly count?: number;
  /** The count in words. */
  readonly countLabel?: string;
}

function Link({ to, icon, name, current, count = 0, countLabel = "" }: LinkProps) {
  return (
    <a class="wl-rail-link" href={to} title={name} aria-current={current ? "page" : undefined}>
      <Icon name={icon} />
      <span class="wl-rail-name">{name}</span>
      <Badge count={count} label={countLabel} />
    </a>
  );
}

/** Show the pages as icons at the left, on a phone at the bottom, with the agent's own menu. */
export function Rail({ board, t, words }: ViewProps) {
  const { me } = board.config;
  const { page } = board.route.value;
  const live = board.desk.connection.value.state === "live";
  const state = !live ? "offline" : board.away.value ? "away" : "online";
  const isKnown = board.desk.inbox.value.known;
  const waiting = isKnown ? board.list.waiting.value : 0;
  const own = PAGES.map(([name]): string => name);
  const names = { outage: t.outages, reports: t.pageReports, agents: t.pageAgents };
  const to = (name: Page): string => routeHash({ client: null, pane: "list", page: name });
  return (
    <nav class="wl-rail" aria-label={t.pages}>
      <span class="wl-rail-brand">
        <Icon name="bolt" />
      </span>
      <Link
        to="#/"
        icon="inbox"
        name={t.inboxLabel}
        current={!page}
        count={waiting}
        countLabel={t.waitingCount(waiting)}
      />
      {PAGES.map(([name, icon]) => (
        <Link key={name} to={to(name)} icon={icon} name={names[name]} current={page === name} />
      ))}
      <Link to={to("branding")} icon="settings" name={t.settings} current={page !== undefined && !own.includes(page)} />
      <span class="wl-hidden" role="status" data-testid="waiting">
        {isKnown && t.waitingCount(waiting)}
      </span>
      <span class="wl-rail-help">
        <Button kind="quiet" icon label={t.keysHelp} onClick={() => void (board.dialog.value = "help")}>
          <Icon name="help" />
        </Button>
      </span>
      <Menu board={board} name="agent" icon label={t.agentMenu(me.name, words[state])} items={agentItems(board, t)}>
        <span class={`wl-face ${personClass(me.id)}`}>
          <Avatar name={me.name} id={me.id} />
          <PresenceDot state={state} />
        </span>
      </Menu>
    </nav>
  );
}
