import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { type InboxRow, mentionOf, questionOf, type Summary } from "../core/inbox.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Badge } from "../ui/badge.tsx";
import { shortWhen, waitLevel, waitSpan } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { personClass, shortId } from "../ui/person.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import { areaName } from "./pages/area-name.ts";
import type { ViewProps } from "./state.ts";
import { lastWords, questionWords } from "./summary-text.ts";
import { UsageLine } from "./usage-line.tsx";

type RowProps = ViewProps & { readonly row: InboxRow };

interface Marking {
  /** Marks what a search found in a text. */
  readonly mark?: (text: string) => ComponentChildren;
}

/** Say how long the client has waited; once answered, when that was. */
export function Waiting({ row, board, t }: Omit<RowProps, "words">) {
  if (row.waitingSince === null) {
    const at = row.answered ?? row.at;
    if (at === null) return null;
    const when = shortWhen(t.lang, at, board.now.value);
    return (
      <span class="wl-wait" title={row.answered === null ? undefined : t.answeredAt(when)}>
        {row.answered !== null && <Icon name="reply" />}
        <span class="wl-time">{when}</span>
      </span>
    );
  }
  const waited = Math.max(0, board.now.value - row.waitingSince);
  const level = waitLevel(waited, board.config.targetMs);
  const span = waitSpan(t.lang, waited);
  const says = { fine: t.waitingFor, warn: t.waitingLong, bad: t.waitingTooLong }[level];
  return (
    <span class={`wl-wait wl-wait-${level}`} title={says(span)}>
      <Icon name="clock" />
      <span aria-hidden="true">{span}</span>
      <span class="wl-hidden">{says(span)}</span>
    </span>
  );
}

/** Show what the client asks, who types, or the agent's own draft. */
function Question({ row, isOpen, board, t, words, mark = String }: RowProps & Marking & { readonly isOpen: boolean }) {
  const draft = useComputed(() => board.drafts.typed.value[`reply:${row.client}`]).value;
  return (
    <span class="wl-row-question">
      {row.typing ? (
        <span class="wl-row-typing">
          <span class="wl-typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {t.typing}
        </span>
      ) : draft && !isOpen ? (
        <>
          <span class="wl-row-draft">{t.draftHere}:</span> {draft}
        </>
      ) : (
        mark(
          questionWords(questionOf(row), words) ?? lastWords(row, board, words, board.clientName(row.client, row.name)),
        )
      )}
    </span>
  );
}

/** Show one conversation of a list: the client, the wait, the question, what it is about, and the unread count. */
export function Row({ summary, board, t, words, mark = String }: ViewProps & Marking & { readonly summary: Summary }) {
  const row = board.row(summary);
  // Computed: of all rows only two change where another conversation is opened.
  const open = useComputed(() => board.route.value.client === summary.client).value;
  // In "Mine" every row would show the same name.
  const shown = board.filter.value !== "mine" || board.query.value.trim() !== "";
  const assignee = shown && row.assignee !== null ? (row.assigneeName ?? row.assignee) : null;
  const name = board.clientName(row.client, row.name);
  const checked = board.selection.clients.value;
  const outage = board.desk.notices.outages.value[row.area ?? ""]?.text;
  const outageName = t.outageOf(areaName(row.area ?? ""));
  const days = board.usage.days.value.get(row.client);
  const look = ["wl-row", open ? "wl-row-open" : "", row.unread > 0 ? "wl-row-unread" : ""];
  const button = (
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
      {checked === null ? (
        <span class={`wl-face ${personClass(row.client)}`}>
          <Avatar name={name} id={row.client} />
          {row.online && <PresenceDot state="online" label={words.online} />}
        </span>
      ) : (
        <span class="wl-row-check" />
      )}
      <span class="wl-row-lines">
        <span class="wl-row-line">
          <span class="wl-row-name">{mark(name)}</span>{" "}
          <span class={row.name === null ? "wl-row-id" : "wl-hidden"}>{shortId(row.client)}</span>{" "}
          <Waiting row={row} board={board} t={t} />
        </span>
        <span class="wl-row-under">
          <Question row={row} isOpen={open} board={board} t={t} words={words} mark={mark} />
          <span class="wl-row-facts">
            <span class="wl-row-marks">
              {outage && (
                <span class="wl-chip wl-chip-bad wl-row-mark" title={outageName}>
                  <Icon name="outage" />
                  <span class="wl-row-mark-word">{outageName}</span>
                </span>
              )}
              {mentionOf(row, board.config.me.id) && (
                <span class="wl-chip wl-chip-warn" title={t.mentionsYou}>
                  <span aria-hidden="true">@</span>
                  <span class="wl-hidden">{t.mentionsYou}</span>
                </span>
              )}
              {row.priority === "high" && <span class="wl-chip wl-chip-warn">{t.highPriority}</span>}
              {row.tags.map((tag) => (
                <span key={tag} class="wl-chip wl-row-tag">
                  {tag}
                </span>
              ))}
            </span>
            <span class="wl-row-end">
              {days && <UsageLine days={days} t={t} />}
              {assignee !== null && (
                <span class="wl-row-assignee" title={t.assignedTo(assignee)}>
                  <Avatar name={assignee} id={row.assignee ?? ""} small />
                  <span class="wl-hidden">{t.assignedTo(assignee)}</span>
                </span>
              )}
              <Badge count={row.unread} label={t.unread(row.unread)} />
            </span>
          </span>
        </span>
      </span>
    </button>
  );
  if (checked === null) return button;
  return (
    <>
      <input
        type="checkbox"
        class="wl-checkbox wl-row-box"
        aria-label={t.selectOne(name)}
        checked={checked.has(row.client)}
        onChange={() => board.selection.toggle(row.client)}
      />
      {button}
    </>
  );
}
