import type { InboxFilter, Summary } from "../core/inbox.ts";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/message-list.tsx";
import { Row } from "./inbox-row.tsx";
import { Menu } from "./menu.tsx";
import { SearchResults } from "./search-results.tsx";
import type { ViewProps } from "./state.ts";
import { VirtualList } from "./virtual-list.tsx";

/** The menu "More" holds the other lists, since their names are long in every language. */
const TABS = ["mine", "unassigned", "all"] as const satisfies readonly InboxFilter[];
const REST = ["snoozed", "resolved"] as const satisfies readonly InboxFilter[];

function Empty({ board, t }: Omit<ViewProps, "words">) {
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

const clientOf = (summary: Summary): string => summary.client;

/** Show one list of conversations, or search results. */
export function InboxList({ board, t, words }: ViewProps) {
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
          board={board}
          name="more"
          kind="quiet"
          label={rest === undefined ? t.more : t.tabCount(t[rest], counts[rest])}
          chosen={rest !== undefined}
          testId="tab-more"
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
