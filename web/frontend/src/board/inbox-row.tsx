import type { InboxRow, Summary } from "../core/inbox.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Badge } from "../ui/badge.tsx";
import { initials, shortWhen, waitLevel, waitSpan } from "../ui/format.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import type { ViewProps } from "./state.ts";
import { lastWords } from "./summary-text.ts";

function Waiting({ row, board, t }: Omit<ViewProps, "words"> & { readonly row: InboxRow }) {
  if (row.waitingSince === null) return null;
  const waited = Math.max(0, board.now.value - row.waitingSince);
  const level = waitLevel(waited, board.config.targetMs);
  const span = waitSpan(t.lang, waited);
  const says = { fine: t.waitingFor, warn: t.waitingLong, bad: t.waitingTooLong }[level];
  return (
    <span class={`wl-wait wl-wait-${level}`} title={says(span)}>
      <span aria-hidden="true">{span}</span>
      <span class="wl-hidden">{says(span)}</span>
    </span>
  );
}

/** Show one conversation of a list: the client, the last message, unread count, waiting time and assignee. */
export function Row({ summary, board, t, words }: ViewProps & { readonly summary: Summary }) {
  const row = board.row(summary);
  const open = board.route.value.client === row.client;
  const name = board.clientName(row.client, row.name);
  const draft = board.drafts.value[`reply:${row.client}`];
  // In "Mine" every row would show the same initials.
  const shown = board.filter.value !== "mine" || board.query.value.trim() !== "";
  const assignee = shown && row.assignee !== null ? (row.assigneeName ?? row.assignee) : null;

  const look = ["wl-row", open ? "wl-row-open" : "", row.unread > 0 ? "wl-row-unread" : ""];
  return (
    <button
      type="button"
      class={look.filter(Boolean).join(" ")}
      aria-current={open ? "true" : undefined}
      data-client={row.client}
      data-testid="row"
      onClick={() => board.open(row.client)}
      onFocus={() => {
        board.cursor.value = row.client;
      }}
    >
      <span class="wl-row-face">
        <Avatar name={row.name} id={row.client} />
        {row.online && <PresenceDot state="online" label={words.online} />}
      </span>
      <span class="wl-row-lines">
        <span class="wl-row-line">
          <span class="wl-row-name">{name}</span> <span class="wl-row-id">{row.client}</span>{" "}
          <span class="wl-row-time wl-time">{row.at === null ? "" : shortWhen(t.lang, row.at, board.now.value)}</span>
        </span>
        <span class="wl-row-line">
          <span class="wl-row-last">
            {row.typing ? (
              <em class="wl-row-typing">{t.typing}</em>
            ) : draft && !open ? (
              <>
                <span class="wl-row-draft">{t.draftHere}:</span> {draft}
              </>
            ) : (
              lastWords(row, board, words, name)
            )}
          </span>
          <span class="wl-row-facts">
            {row.priority === "high" && <span class="wl-row-urgent">{t.highPriority}</span>}
            <Badge count={row.unread} label={t.unread(row.unread)} />
            <Waiting row={row} board={board} t={t} />
            {assignee !== null && (
              <span class="wl-row-assignee" title={t.assignedTo(assignee)}>
                <span aria-hidden="true">{initials(assignee, row.assignee ?? "")}</span>
                <span class="wl-hidden">{t.assignedTo(assignee)}</span>
              </span>
            )}
          </span>
        </span>
      </span>
    </button>
  );
}
