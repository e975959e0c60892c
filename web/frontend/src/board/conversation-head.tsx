import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { whenNear } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { Menu, type MenuItem } from "./menu.tsx";
import { snoozeEnds } from "./snooze.ts";
import type { ClientViewProps } from "./state.ts";

type PartProps = Omit<ClientViewProps, "words">;

function AssignMenu({ board, t, client }: PartProps) {
  const me = board.config.me.id;
  const assignee = board.summary.value?.assignee ?? null;
  const assigneeName = assignee === null ? null : board.nameOf(assignee);
  const agents = board.desk.agents.value;
  const colleagues = Object.keys(agents).filter((id) => id !== me && agents[id]?.state !== "offline");
  const item = (to: string | null, label: string): MenuItem => ({
    key: to ?? "nobody",
    label,
    checked: to !== null && to === assignee,
    run: () => board.command(client, { do: "assign", to }),
  });
  return (
    <Menu
      board={board}
      name="assign"
      label={assigneeName === null ? t.assign : t.assignedMenu(assigneeName)}
      items={[
        item(me, t.toMe),
        ...colleagues.map((id) => item(id, board.nameOf(id))),
        // Without an assignee the focus starts on "To me".
        ...(assignee === null ? [] : [item(null, t.toNobody)]),
      ]}
    >
      {assigneeName === null ? (
        t.assign
      ) : (
        <span>
          <span class="wl-assigned-word">{t.assignedMenu("")}</span>
          {assigneeName}
        </span>
      )}
    </Menu>
  );
}

function SnoozeMenu({ board, t, client }: PartProps) {
  return (
    <Menu
      board={board}
      name="snooze"
      label={t.snooze}
      disabled={board.summary.value?.status === "resolved"}
      items={snoozeEnds(t, board.now.value).map(({ key, label, until }) => ({
        key,
        label,
        run: () => board.command(client, { do: "snooze", until }),
      }))}
    >
      {t.snooze}
    </Menu>
  );
}

/** Show the client, the conversation's status, and what an agent can do with it. */
export function Head({ board, t, words, client }: ClientViewProps) {
  const summary = board.summary.value;
  const status = summary?.status ?? "open";
  const until = summary?.until ?? null;
  const statuses = {
    open: t.statusOpen,
    assigned: t.statusAssigned,
    snoozed: until === null ? t.statusSnoozed : t.snoozedUntil(whenNear(t.lang, until, board.now.value)),
    resolved: t.statusResolved,
  };
  return (
    <header class="wl-head">
      <span class="wl-head-back">
        <Button kind="quiet" icon label={t.back} onClick={() => board.back()}>
          <Icon name="back" />
        </Button>
      </span>
      <Avatar name={summary?.name ?? null} id={client} />
      <div class="wl-head-who">
        <h2 id="wl-conversation-title" tabIndex={-1}>
          {board.clientName(client)}
        </h2>{" "}
        <span class="wl-head-facts">
          <span data-testid="client-id">{client}</span> · {summary?.online ? words.online : words.offline} ·{" "}
          <span data-testid="status">{statuses[status]}</span>
        </span>
      </div>
      <span class="wl-head-context">
        <Button kind="quiet" icon label={t.openContext} onClick={() => board.go({ client, pane: "context" })}>
          <Icon name="person" />
        </Button>
      </span>
      <div class="wl-head-actions">
        <AssignMenu board={board} t={t} client={client} />
        <SnoozeMenu board={board} t={t} client={client} />
        <Button
          kind={status === "resolved" ? "plain" : "primary"}
          hotkey="e"
          data-testid="resolve"
          onClick={() => board.toggleResolved(client)}
        >
          {status === "resolved" ? t.reopen : t.resolve}
        </Button>
      </div>
    </header>
  );
}
