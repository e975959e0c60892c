import type { InboxFilter, InboxRow, Summary } from "../core/inbox.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { initials, shortWhen, waitLevel, waitSpan } from "../ui/format.ts";
import { EmptyState } from "../ui/message-list.tsx";
import type { Texts } from "../ui/messages.ts";
import type { BoardTexts } from "../ui/messages-board.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import { clientName } from "./client-name.ts";
import { lastWords } from "./last-words.ts";
import { Menu } from "./menu.tsx";
import { SearchResults } from "./search-results.tsx";
import type { Board } from "./state.ts";
import { VirtualList } from "./virtual-list.tsx";

interface Props {
  readonly board: Board;
  readonly t: BoardTexts;
  readonly words: Texts;
}

/** What one works through, and what is put away: that stands behind "More", as its names are long in every language. */
const TABS = ["mine", "unassigned", "all"] as const satisfies readonly InboxFilter[];
const REST = ["snoozed", "resolved"] as const satisfies readonly InboxFilter[];

function Waiting({ row, board, t }: { readonly row: InboxRow; readonly board: Board; readonly t: BoardTexts }) {
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

export function Row({ summary, board, t, words }: Props & { readonly summary: Summary }) {
  const row = board.row(summary);
  const open = board.route.value.client === row.client;
  const name = clientName(t.lang, row.client, row.name);
  const draft = board.drafts.value[`reply:${row.client}`];
  // Among one's own the same initials on every row would say nothing.
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

function Empty({ board, t }: { readonly board: Board; readonly t: BoardTexts }) {
  const texts = {
    mine: [t.emptyMine, t.emptyMineText],
    unassigned: [t.emptyUnassigned, t.emptyUnassignedText],
    all: [t.emptyAll, t.emptyAllText],
    snoozed: [t.emptySnoozed, t.emptySnoozedText],
    resolved: [t.emptyResolved, t.emptyResolvedText],
  } as const;
  const [title, text] = texts[board.filter.value];
  const { unassigned } = board.counts.value;
  return (
    <EmptyState title={title} text={text}>
      {board.filter.value === "mine" && unassigned > 0 && (
        <Button kind="primary" onClick={() => board.show("unassigned")}>
          {t.showUnassigned(unassigned)}
        </Button>
      )}
    </EmptyState>
  );
}

function Skeleton({ words }: { readonly words: Texts }) {
  return (
    <div class="wl-rows" aria-busy="true">
      <span class="wl-hidden">{words.loading}</span>
      {[1, 2, 3, 4, 5].map((place) => (
        <div key={place} class="wl-row wl-row-skeleton" aria-hidden="true">
          <span class="wl-avatar" />
          <span class="wl-row-lines">
            <span class="wl-skeleton" />
            <span class="wl-skeleton" />
          </span>
        </div>
      ))}
    </div>
  );
}

const clientOf = (summary: Summary): string => summary.client;

/** The list: whoever has waited longest stands first. */
export function InboxList({ board, t, words }: Props) {
  const list = board.list.value;
  const counts = board.counts.value;
  const known = board.desk.inbox.value.known;
  const searching = board.query.value.trim() !== "";
  const rest = searching ? undefined : REST.find((filter) => filter === board.filter.value);
  return (
    <nav class="wl-pane-list" aria-label={t.inboxLabel}>
      <div class="wl-tabs" role="group" aria-label={t.inboxLabel}>
        {TABS.map((filter) => (
          <button
            key={filter}
            type="button"
            class="wl-tab"
            aria-pressed={!searching && board.filter.value === filter}
            aria-label={t.tabCount(t[filter], counts[filter])}
            data-testid={`tab-${filter}`}
            onClick={() => board.show(filter)}
          >
            {t[filter]} {counts[filter] > 0 && <span class="wl-number">{counts[filter]}</span>}
          </button>
        ))}
        <Menu
          id="wl-more-menu"
          kind="quiet"
          label={rest === undefined ? t.more : t.tabCount(t[rest], counts[rest])}
          chosen={rest !== undefined}
          testId="tab-more"
          open={board.menu.value === "more"}
          onOpen={(open) => {
            board.menu.value = open ? "more" : null;
          }}
          items={REST.map((filter) => ({
            key: filter,
            label: `${t[filter]} ${counts[filter] > 0 ? counts[filter] : ""}`,
            checked: filter === rest,
            run: () => board.show(filter),
          }))}
        >
          {rest === undefined ? t.more : t[rest]}
        </Menu>
      </div>
      {searching ? (
        <SearchResults board={board} t={t} words={words} />
      ) : list.length > 0 ? (
        <VirtualList
          key={board.filter.value}
          items={list}
          keyOf={clientOf}
          draw={(summary) => <Row summary={summary} board={board} t={t} words={words} />}
          cursor={board.cursor.value}
          label={t[board.filter.value]}
          onEnd={() => board.moreRows()}
        />
      ) : known ? (
        <Empty board={board} t={t} />
      ) : (
        <Skeleton words={words} />
      )}
    </nav>
  );
}
