import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { capital, languageName, whenNear } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { personClass } from "../ui/person.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import { focusComposer } from "./focus.ts";
import { Waiting } from "./inbox-row.tsx";
import { Menu } from "./menu.tsx";
import type { ClientViewProps } from "./state.ts";
import { clientKind } from "./summary-text.ts";

type PartProps = Omit<ClientViewProps, "words">;

/** Take what nobody has by one press; else show who has it. Both offer the others. */
function AssignMenu({ board, t, client }: PartProps) {
  const assignee = board.summary.value?.assignee ?? null;
  const name = assignee === null ? null : board.nameOf(assignee);
  const menu = {
    board,
    name: "assign",
    items: ({ assignItems }) => assignItems(board, t, [client]),
  } as const satisfies Partial<Parameters<typeof Menu>[0]>;
  if (name === null)
    return (
      <span class="wl-split">
        <Button
          label={t.assignToMe}
          title={t.assignToMe}
          data-testid="assign-me"
          onClick={() => {
            board.assign([client], board.config.me.id);
            focusComposer(); // this button disappears
          }}
        >
          <Icon name="person" />
          <span class="wl-head-assignee">{t.assignToMe}</span>
        </Button>
        <Menu {...menu} icon label={t.assign}>
          <Icon name="down" />
        </Menu>
      </span>
    );
  return (
    <Menu {...menu} label={t.assignedMenu(name)} title={t.assignedMenu(name)}>
      <span class={`wl-face ${personClass(assignee ?? "")}`}>
        <Avatar name={name} id={assignee ?? ""} small />
      </span>
      <span class="wl-head-assignee">{name.split(" ", 1)}</span>
    </Menu>
  );
}

/** Show the client, the conversation's status, and what an agent can do with it. */
export function Head({ board, t, words, client }: ClientViewProps) {
  const summary = board.summary.value;
  const status = summary?.status ?? "open";
  const until = summary?.until ?? null;
  const isResolved = status === "resolved";
  const assignee = summary?.assignee ?? null;
  const isMine = assignee === board.config.me.id;
  const statuses = {
    open: t.statusOpen,
    assigned: isMine ? t.statusYours : assignee === null ? t.statusAssigned : t.assignedTo(board.nameOf(assignee)),
    snoozed: until === null ? t.statusSnoozed : t.snoozedUntil(whenNear(t.lang, until, board.now.value)),
    resolved: t.statusResolved,
  };
  const part = { board, t, client };
  const lang = board.clients.facts.valueOf(client)?.lang;
  const name = board.clientName(client);
  const kind = clientKind(t.lang, client, name);
  return (
    <header class="wl-head">
      <span class="wl-head-back">
        <Button kind="quiet" icon label={t.back} onClick={() => board.back()}>
          <Icon name="back" />
        </Button>
      </span>
      <span class={`wl-face ${personClass(client)}`}>
        <Avatar name={name} id={client} />
        {summary?.online && <PresenceDot state="online" />}
      </span>
      <div class="wl-head-who">
        <div class="wl-head-name">
          <h2 id="wl-conversation-title" tabIndex={-1} title={client} data-testid="client-id">
            {name}
          </h2>
          {summary?.waiting != null && (
            <span class="wl-chip">
              <Waiting summary={summary} board={board} t={t} />
            </span>
          )}
          {summary?.priority === "high" && <span class="wl-chip wl-chip-warn">{t.highPriority}</span>}
        </div>
        <span class="wl-head-facts">
          <span class="wl-head-online">{capital(summary?.online ? words.online : words.offline)}</span>
          {kind !== null && <span class="wl-head-kind"> · {kind}</span>}
          {lang && <span class="wl-head-wide"> · {t.writesIn(languageName(t.lang, lang))}</span>}
          <span class={status === "assigned" || status === "open" ? "wl-head-told" : ""}>
            <span class="wl-head-dot"> · </span>
            <span data-testid="status">{statuses[status]}</span>
          </span>
        </span>
      </div>
      <div class="wl-head-actions">
        <span class="wl-head-wide">
          <AssignMenu {...part} />
        </span>
        <span class="wl-head-snooze">
          <Menu
            board={board}
            name="snooze"
            icon
            label={t.snooze}
            disabled={isResolved}
            items={({ snoozeItems }) => snoozeItems(board, t, [client])}
          >
            <Icon name="moon" />
          </Menu>
        </span>
        <span class="wl-head-context">
          <Button icon label={t.openContext} onClick={() => board.go({ client, pane: "context" })}>
            <Icon name="bars" />
          </Button>
        </span>
        <Menu board={board} name="actions" icon label={t.more} items={({ moreItems }) => moreItems(board, t, client)}>
          <Icon name="dots" />
        </Menu>
        <Button
          label={isResolved ? t.reopen : t.resolve}
          title={isResolved ? t.reopen : t.resolve}
          hotkey="e"
          class="wl-head-resolve"
          data-testid="resolve"
          onClick={() => board.toggleResolved(client)}
        >
          <Icon name={isResolved ? "reply" : "check"} />
          <span class="wl-head-word">{isResolved ? t.reopen : t.resolve}</span>
        </Button>
      </div>
    </header>
  );
}
