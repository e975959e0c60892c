import { useCallback } from "preact/hooks";
import type { InboxFilter, Summary } from "../core/inbox.ts";
import { areaName } from "../ui/area-name.ts";
import { Button } from "../ui/button.tsx";
import { EmptyPicture, Icon } from "../ui/icon.tsx";
import { EmptyState } from "../ui/message-list.tsx";
import { Row } from "./inbox-row.tsx";
import { facetName } from "./inbox-views.ts";
import { Sorting, Views } from "./list-menus.tsx";
import { BulkBar, SearchResults } from "./parts.ts";
import { routeHash } from "./route.ts";
import { SearchButton, SearchField } from "./search-field.tsx";
import { MAX_CHECKED } from "./selection.ts";
import type { ViewProps } from "./state.ts";
import { VirtualList } from "./virtual-list.tsx";

const TABS = ["mine", "unassigned", "all"] as const satisfies readonly InboxFilter[];

function Empty({ board, t }: Omit<ViewProps, "words">) {
  const texts = {
    mine: [t.emptyMine, t.emptyMineText],
    unassigned: [t.emptyUnassigned, t.emptyUnassignedText],
    all: [t.emptyAll, t.emptyAllText],
    snoozed: [t.emptySnoozed, t.emptySnoozedText],
    resolved: [t.emptyResolved, t.emptyResolvedText],
  } as const;
  const facets = board.facets.value;
  const names = facets.map((facet) => facetName(board, t, facet));
  const { counts, folded } = board.list;
  const areFolded = folded.value.length > 0 && counts.value[board.filter.value] > 0;
  const [title, text] =
    names.length > 0
      ? [t.emptyFacet(names.join(", ")), t.emptyFacetText]
      : areFolded
        ? [t.emptyFolded, t.emptyFoldedText]
        : texts[board.filter.value];
  const { unassigned, all } = counts.value;
  return (
    <EmptyState title={title} text={text}>
      <EmptyPicture name="done" />
      {facets.length > 0 ? (
        <Button onClick={() => void (board.facets.value = [])}>{t.showAll}</Button>
      ) : (
        board.filter.value === "mine" &&
        (unassigned > 0 ? (
          <Button onClick={() => board.show("unassigned")}>{t.showUnassigned(unassigned)}</Button>
        ) : (
          all > 0 && <Button onClick={() => board.show("all")}>{t.showAllOpen(all)}</Button>
        ))
      )}
    </EmptyState>
  );
}

function Skeleton({ words }: Pick<ViewProps, "words">) {
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

function Tabs({ board, t }: Omit<ViewProps, "words">) {
  const counts = board.list.counts.value;
  const mentioned = board.list.mentioned.value;
  const isMentions = board.facets.value.join() === "mentioned";
  return (
    <div class="wl-tabs" role="group" aria-label={t.inboxLabel}>
      {TABS.map((filter) => (
        <button
          key={filter}
          type="button"
          class="wl-tab"
          aria-pressed={!isMentions && board.filter.value === filter}
          aria-label={t.tabCount(t[filter], counts[filter])}
          data-testid={`tab-${filter}`}
          onClick={() => board.show(filter)}
        >
          {t[filter]} {counts[filter] > 0 && <span class="wl-number">{counts[filter]}</span>}
        </button>
      ))}
      {(mentioned > 0 || isMentions) && (
        <button
          type="button"
          class="wl-tab"
          aria-pressed={isMentions}
          aria-label={t.tabCount(t.mentions, mentioned)}
          data-testid="tab-mentions"
          onClick={() => board.show("mine", ["mentioned"])}
        >
          {t.mentions} <span class="wl-number">{mentioned}</span>
        </button>
      )}
    </div>
  );
}

/** Say how many conversations are checked, and check all of the list or none. */
function Selecting({ board, t }: Omit<ViewProps, "words">) {
  const { selection } = board;
  const clients = board.list.rows.value.map(({ client }) => client);
  const n = selection.size;
  return (
    <div class="wl-sorting wl-selecting">
      <label>
        <input
          type="checkbox"
          class="wl-checkbox"
          checked={n > 0 && n === clients.length}
          ref={(box: HTMLInputElement | null) => {
            if (box) box.indeterminate = n > 0 && n < clients.length;
          }}
          onChange={() => (n > 0 ? selection.checkAll([]) : selection.checkAll(clients))}
        />
        <strong>{t.selectedOf(n, clients.length)}</strong>
      </label>
      <span class="wl-sorting-end">
        <button type="button" class="wl-link" onClick={() => selection.checkAll(clients)}>
          {t.selectAll(Math.min(clients.length, MAX_CHECKED))}
        </button>
        <Button kind="quiet" icon label={t.clearSelection} onClick={() => board.endSelection()}>
          <Icon name="close" />
        </Button>
      </span>
    </div>
  );
}

const clientOf = (summary: Summary): string => summary.client;

/** Show one row for all who wait because of one outage; it leads to the page that answers all of them. */
function FoldedRows({ board, t }: Omit<ViewProps, "words">) {
  return board.list.folded.value.map(({ id, areas, waiting }) => (
    <a
      key={id}
      class="wl-folded"
      href={routeHash({ client: null, pane: "list", page: "outage", incident: id })}
      data-testid="folded"
    >
      <Icon name="outage" />
      <span>
        <strong>{t.outageOf(areas.map(areaName).join(", "))}</strong>
        <span>{t.foldedWait(waiting.length)}</span>
      </span>
    </a>
  ));
}

/** Show one list of conversations, or search results. */
export function InboxList({ board, t, words }: ViewProps) {
  const list = board.list.rows.value;
  const known = board.list.isKnown.value;
  const searching = board.query.value.trim() !== "";
  const draw = useCallback(
    (one: Summary) => <Row summary={one} board={board} t={t} words={words} />,
    [board, t, words],
  );
  return (
    <nav class="wl-pane-list" aria-label={t.inboxLabel}>
      <div class="wl-inbox-head">
        <h2>{t.inboxLabel}</h2>
        <Views board={board} t={t} />
        <SearchButton t={t} />
        <Button
          icon
          label={t.startConversation}
          data-testid="start"
          onClick={() => void (board.dialog.value = "start")}
        >
          <Icon name="edit" />
        </Button>
        <SearchField board={board} t={t} />
        {!searching && <Tabs board={board} t={t} />}
      </div>
      {!searching &&
        (board.selection.clients.value === null ? <Sorting board={board} t={t} /> : <Selecting board={board} t={t} />)}
      {!searching && <FoldedRows board={board} t={t} />}
      {searching ? (
        <SearchResults board={board} t={t} words={words} />
      ) : list.length > 0 ? (
        <VirtualList
          key={`${board.filter.value}/${board.order.value}/${board.facets.value}`}
          items={list}
          keyOf={clientOf}
          draw={draw}
          cursor={board.cursor.value}
          label={t[board.filter.value]}
          onEnd={() => board.list.more()}
          onDrawn={(clients) => {
            board.desk.show(clients);
            board.usage.show(clients);
          }}
        />
      ) : known && board.list.isAnswered.value ? (
        <Empty board={board} t={t} />
      ) : board.list.isFailed.value ? (
        <p class="wl-rows-hint wl-bad" role="alert">
          {t.searchFailed}
        </p>
      ) : (
        <Skeleton words={words} />
      )}
      {board.selection.size > 0 && board.outside.isOnePane() && <BulkBar board={board} t={t} />}
    </nav>
  );
}
