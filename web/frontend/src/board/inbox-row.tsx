import { computed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { isTyping, mentionOf, questionOf, type Summary, settled } from "../core/inbox.ts";
import { areaName } from "../ui/area-name.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Badge } from "../ui/badge.tsx";
import { shortWhen, waitLevel, waitSpan } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { personClass } from "../ui/person.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import type { ViewProps } from "./state.ts";
import { clientSign, lastWords, questionWords } from "./summary-text.ts";
import { UsageLine } from "./usage-line.tsx";

type RowProps = ViewProps & { readonly summary: Summary };

interface Marking {
  /** Marks what a search found in a text. */
  readonly mark?: (text: string) => ComponentChildren;
}

/** Return what a row shows of the board's state; the row is drawn again only when this is another value. */
function useShown<T extends string | boolean | object | null | undefined>(summary: Summary, of: () => T): T {
  return useMemo(() => computed(of), [summary]).value;
}

/** Say how long the client has waited; once answered, when that was. */
export function Waiting({ summary, board, t }: Omit<RowProps, "words">) {
  const { waiting, answered, last } = summary;
  const at = answered ?? last?.at;
  const waited = (): number => Math.max(0, board.now.value - (waiting ?? 0));
  const span = useShown(summary, () =>
    waiting !== null ? waitSpan(t.lang, waited()) : at === undefined ? "" : shortWhen(t.lang, at, board.now.value),
  );
  const level = useShown(summary, () => waitLevel(waited(), board.config.targetMs));
  if (waiting === null)
    return (
      span && (
        <span class="wl-wait" title={answered === null ? undefined : t.answeredAt(span)}>
          {answered !== null && <Icon name="reply" />}
          <span class="wl-time">{span}</span>
        </span>
      )
    );
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
function Question(props: RowProps & Marking & { readonly isOpen: boolean }) {
  const { summary, isOpen, board, t, words, mark = String } = props;
  const { client } = summary;
  const typing = useShown(summary, () => isTyping(board.desk.inbox.value, client, board.now.value));
  const draft = useShown(summary, () => board.drafts.typed.value[`reply:${client}`]);
  const said = useShown(
    summary,
    () =>
      questionWords(questionOf(summary), words) ??
      lastWords(summary, board, words, board.clientName(client, summary.name)),
  );
  return (
    <span class="wl-row-question">
      {typing ? (
        <span class="wl-row-typing">
          <span class="wl-typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {words.typing([board.clientName(client, summary.name)])}
        </span>
      ) : draft && !isOpen ? (
        <>
          <span class="wl-row-draft">{t.draftHere}:</span> {draft}
        </>
      ) : (
        mark(said)
      )}
    </span>
  );
}

/** Show one conversation of a list: the client, the wait, the question, what it is about, and the unread count. */
export function Row({ summary, board, t, words, mark = String }: RowProps & Marking) {
  const row = useMemo(() => settled(summary), [summary]);
  const { client } = row;
  const open = useShown(summary, () => board.route.value.client === client);
  // In "Mine" every row would show the same name.
  const assignee = useShown(summary, () =>
    row.assignee !== null && (board.filter.value !== "mine" || board.query.value.trim() !== "")
      ? board.nameOf(row.assignee)
      : null,
  );
  const name = board.clientName(client, row.name);
  /** Null: there are no check boxes. */
  const checked = useShown(summary, () => board.selection.clients.value?.has(client) ?? null);
  const outage = useShown(summary, () => board.desk.notices.outages.value[row.area ?? ""]?.text);
  const outageName = t.outageOf(areaName(row.area ?? ""));
  const days = useShown(summary, () => board.usage.days.value.get(client));
  const isMentioned = mentionOf(row, board.config.me.id);
  const isUrgent = row.priority === "high";
  const isMarked = Boolean(outage) || isMentioned || isUrgent || row.tags.length > 0;
  const hasFacts = isMarked || Boolean(days) || assignee !== null || row.unread > 0;
  const look = ["wl-row", open ? "wl-row-open" : "", row.unread > 0 ? "wl-row-unread" : ""];
  const button = (
    <button
      type="button"
      class={look.filter(Boolean).join(" ")}
      aria-current={open ? "true" : undefined}
      data-client={client}
      data-testid="row"
      onClick={() => board.open(client)}
      onFocus={() => {
        board.cursor.value = client;
      }}
    >
      {checked === null ? (
        <span class={`wl-face ${personClass(client)}`}>
          <Avatar name={name} id={client} />
          {row.online && <PresenceDot state="online" label={words.online} />}
        </span>
      ) : (
        <span class="wl-row-check" />
      )}
      <span class="wl-row-lines">
        <span class="wl-row-line">
          <span class="wl-row-name" title={client}>
            {mark(name)}
          </span>{" "}
          {row.name !== null && <span class="wl-hidden">{clientSign(client)}</span>}{" "}
          <Waiting summary={row} board={board} t={t} />
        </span>
        <span class="wl-row-under">
          <Question summary={row} isOpen={open} board={board} t={t} words={words} mark={mark} />
          {hasFacts && (
            <span class="wl-row-facts">
              <span class="wl-row-marks">
                {outage && (
                  <span class="wl-chip wl-chip-bad wl-row-mark" title={outageName}>
                    <Icon name="outage" />
                    <span class="wl-row-mark-word">{outageName}</span>
                  </span>
                )}
                {isMentioned && (
                  <span class="wl-chip wl-chip-warn" title={t.mentionsYou}>
                    <span aria-hidden="true">@</span>
                    <span class="wl-hidden">{t.mentionsYou}</span>
                  </span>
                )}
                {isUrgent && <span class="wl-chip wl-chip-warn">{t.highPriority}</span>}
                {row.tags.map((tag) => (
                  <span key={tag} class="wl-chip wl-row-tag">
                    {mark(tag)}
                  </span>
                ))}
              </span>
              <span class="wl-row-end">
                {days && <UsageLine days={days} t={t} />}
                {assignee !== null && (
                  <span class={`wl-row-assignee ${personClass(row.assignee ?? "")}`} title={t.assignedTo(assignee)}>
                    <Avatar name={assignee} id={row.assignee ?? ""} small />
                    <span class="wl-hidden">{t.assignedTo(assignee)}</span>
                  </span>
                )}
                <Badge count={row.unread} label={t.unread(row.unread)} />
              </span>
            </span>
          )}
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
        checked={checked}
        onChange={() => board.selection.toggle(client)}
      />
      {button}
    </>
  );
}
