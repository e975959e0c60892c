import { Avatar } from "../ui/avatar.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { personClass } from "../ui/person.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import { Menu } from "./menu.tsx";
import { type Page, routeHash } from "./route.ts";
import type { ViewProps } from "./state.ts";

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
  const isKnown = board.list.isKnown.value;
  const waiting = isKnown ? board.list.waiting.value : 0;
  const elsewhere: readonly (string | undefined)[] = [undefined, "missing", ...PAGES.map(([name]) => name)];
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
      <Link to={to("branding")} icon="settings" name={t.settings} current={!elsewhere.includes(page)} />
      <span class="wl-hidden" role="status" data-testid="waiting">
        {isKnown && t.waitingCount(waiting)}
      </span>
      <span class="wl-rail-help">
        <Button kind="quiet" icon label={t.keysHelp} onClick={() => void (board.dialog.value = "help")}>
          <Icon name="help" />
        </Button>
      </span>
      <Menu
        board={board}
        name="agent"
        icon
        label={t.agentMenu(me.name, words[state])}
        items={({ agentItems }) => agentItems(board, t)}
      >
        <span class={`wl-face ${personClass(me.id)}`}>
          <Avatar name={me.name} id={me.id} />
          <PresenceDot state={state} />
        </span>
      </Menu>
    </nav>
  );
}
