import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { whenNear } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import type { BoardTexts, Texts } from "../ui/messages.ts";
import { clientName } from "./client-name.ts";
import { Menu } from "./menu.tsx";
import { snoozeTimes } from "./snooze.ts";
import type { Board } from "./state.ts";

interface Props {
  readonly board: Board;
  readonly t: BoardTexts;
  readonly words: Texts;
}

const statusWord = (t: BoardTexts, status: "open" | "assigned" | "snoozed" | "resolved"): string =>
  ({ open: t.statusOpen, assigned: t.statusAssigned, snoozed: t.statusSnoozed, resolved: t.statusResolved })[status];

/** Who it is, how it stands, and what one does with it. */
export function Head({ board, t, words, client }: Props & { readonly client: string }) {
  const summary = board.summary.value;
  const name = clientName(t.lang, client, summary?.name);
  const status = summary?.status ?? "open";
  const { me } = board.config;
  const names = board.desk.names.value;
  const assignee = summary?.assignee ?? null;
  const assigneeName = assignee === null ? null : assignee === me.id ? me.name : (names[assignee] ?? assignee);
  const now = board.now.value;
  const times = snoozeTimes(now);
  const snooze = (until: number) => () => board.command(client, { do: "snooze", until });
  const menu = (which: "assign" | "snooze") => (open: boolean) => {
    board.menu.value = open ? which : null;
  };
  const colleagues = Object.keys(board.desk.agents.value).filter(
    (id) => id !== me.id && board.desk.agents.value[id]?.state !== "offline",
  );
  const until = summary?.until ?? null;
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
          {name}
        </h2>{" "}
        <span class="wl-head-facts">
          <span data-testid="client-id">{client}</span> · {summary?.online ? words.online : words.offline} ·{" "}
          <span data-testid="status">
            {status === "snoozed" && until !== null
              ? t.snoozedUntil(whenNear(t.lang, until, now))
              : statusWord(t, status)}
          </span>
        </span>
      </div>
      <span class="wl-head-context">
        <Button kind="quiet" icon label={t.openContext} onClick={() => board.go({ client, pane: "context" })}>
          <Icon name="person" />
        </Button>
      </span>
      <div class="wl-head-actions">
        <Menu
          id="wl-assign-menu"
          label={assigneeName === null ? t.assign : t.assignedMenu(assigneeName)}
          open={board.menu.value === "assign"}
          onOpen={menu("assign")}
          items={[
            {
              key: me.id,
              label: t.toMe,
              checked: assignee === me.id,
              run: () => board.command(client, { do: "assign", to: me.id }),
            },
            ...colleagues.map((id) => ({
              key: id,
              label: names[id] ?? id,
              checked: assignee === id,
              run: () => board.command(client, { do: "assign", to: id }),
            })),
            // Where nobody has it there is nothing to take away, and one stands on "To me".
            ...(assignee === null
              ? []
              : [
                  {
                    key: "nobody",
                    label: t.toNobody,
                    checked: false,
                    run: () => board.command(client, { do: "assign", to: null }),
                  },
                ]),
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
        <Menu
          id="wl-snooze-menu"
          label={t.snooze}
          open={board.menu.value === "snooze"}
          onOpen={menu("snooze")}
          disabled={status === "resolved"}
          items={[
            { key: "hour", label: t.snoozeHour, run: snooze(times.hour) },
            ...(times.evening === null ? [] : [{ key: "evening", label: t.snoozeEvening, run: snooze(times.evening) }]),
            { key: "tomorrow", label: t.snoozeTomorrow, run: snooze(times.tomorrow) },
            { key: "monday", label: t.snoozeMonday, run: snooze(times.monday) },
          ]}
        >
          {t.snooze}
        </Menu>
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
