import { INBOX_FILTERS, type InboxFilter } from "../core/inbox.ts";
import type { Facet, SavedView } from "../link/desk-api.ts";
import { Button } from "../ui/button.tsx";
import { capital, languageName } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { partsOf, toggled } from "./list-choice.ts";
import { Menu } from "./menu.tsx";
import { areaName } from "./pages/area-name.ts";
import type { Board, ViewProps } from "./state.ts";

type T = ViewProps["t"];
type Props = Omit<ViewProps, "words">;

/** The lists that have no tab. */
export const UNTABBED = INBOX_FILTERS.slice(3);

/** Return the saved view that the list shows, if any. */
export function viewShown(board: Board): SavedView | undefined {
  const [filter, order, facets] = [board.filter.value, board.order.value, board.facets.value];
  const isShown = (view: SavedView): boolean =>
    view.filter === filter && view.order === order && [...view.facets].sort().join() === [...facets].sort().join();
  return board.query.value.trim() === "" && facets.length > 0 ? board.views.all.find(isShown) : undefined;
}

/** Show a saved view in the list. */
export function showView(board: Board, { filter, facets, order }: SavedView): void {
  board.show(filter, facets, order);
}

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

/** Return a facet in words. */
export function facetName(board: Board, t: T, facet: Facet): string {
  const [kind, value] = partsOf(facet);
  switch (kind) {
    case "tag":
      return value;
    case "area":
      return areaName(value);
    case "lang":
      return capital(languageName(t.lang, value));
    case "of":
      return board.nameOf(value);
    default:
      if (value) return `${kind.slice(10)} = ${value}`; // an attribute
      return { unread: t.facetUnread, urgent: capital(t.highPriority), mentioned: t.mentions }[kind as "unread"];
  }
}

/** Choose the order of the rows and what they have in common. */
export function Sorting({ board, t }: Props) {
  const facets = board.facets.value;
  const orders = { waiting: t.orderWaiting, newest: t.orderNewest };
  return (
    <>
      <div class="wl-sorting">
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
