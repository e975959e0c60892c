import { useEffect } from "preact/hooks";

import type { InboxFilter } from "../core/inbox.ts";
import { fetchAttributes } from "../link/attributes-api.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { facetName, UNTABBED, viewShown } from "./inbox-views.ts";
import { toggled } from "./list-choice.ts";
import { Menu } from "./menu.tsx";
import type { ViewProps } from "./state.ts";

type Props = Omit<ViewProps, "words">;

/** Open lists without a tab and saved views; the first nine have a digit as their key. */
export function Views({ board, t }: Props) {
  const counts = board.list.counts.value;
  const searching = board.query.value.trim() !== "";
  const shown = viewShown(board);
  const list: InboxFilter | undefined =
    searching || shown ? undefined : UNTABBED.find((filter) => filter === board.filter.value);
  const name = shown?.name ?? (list && t[list]);
  return (
    <Menu
      board={board}
      name="views"
      kind="quiet"
      label={list ? t.tabCount(t[list], counts[list]) : (name ?? t.views)}
      chosen={name !== undefined}
      testId="tab-more"
      items={({ viewItems }) => viewItems(board, t, list)}
    >
      <span class="wl-sorting-name">{name ?? t.views}</span>
    </Menu>
  );
}

/** Choose the order of the rows and what they have in common. */
export function Sorting({ board, t }: Props) {
  const facets = board.facets.value;
  const orders = { waiting: t.orderWaiting, newest: t.orderNewest };
  const list = board.filter.value;
  const isFilterOpen = board.menu.value === "facet";
  useEffect(() => {
    if (isFilterOpen) void board.clients.attributes.ask(list, () => fetchAttributes(board.desk.rest, list));
  }, [isFilterOpen, list]);
  // In "Resolved" nobody waits.
  const hasOrder = list !== "resolved";
  return (
    <>
      <div class="wl-sorting">
        {hasOrder ? (
          <Menu
            board={board}
            name="order"
            kind="quiet"
            label={t.sortedBy(orders[board.order.value])}
            items={({ orderItems }) => orderItems(board, orders)}
          >
            <Icon name="sort" />
            <span class="wl-sorting-name">{orders[board.order.value]}</span>
          </Menu>
        ) : (
          <span class="wl-sorting-only">{orders.newest}</span>
        )}
        <span class="wl-sorting-end">
          <Menu
            board={board}
            name="facet"
            kind="quiet"
            icon
            label={t.filter}
            items={({ facetItems }) => facetItems(board, t)}
          >
            <Icon name="filter" />
          </Menu>
          <Button kind="quiet" icon label={t.selectSeveral} onClick={() => board.selection.begin()}>
            <Icon name="done" />
          </Button>
        </span>
      </div>
      {facets.length > 0 && (
        <div class="wl-facets">
          {facets.map((facet) => (
            <button
              key={facet}
              type="button"
              class="wl-chip wl-chip-removable"
              aria-label={t.removeFacet(facetName(board, t, facet))}
              onClick={() => void (board.facets.value = toggled(facets, facet))}
            >
              <span class="wl-sorting-name">{facetName(board, t, facet)}</span>
              <Icon name="close" />
            </button>
          ))}
          {!viewShown(board) && (
            <button type="button" class="wl-link" onClick={() => void (board.dialog.value = "views")}>
              {t.saveView}
            </button>
          )}
        </div>
      )}
    </>
  );
}
