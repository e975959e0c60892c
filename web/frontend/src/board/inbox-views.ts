/** The inbox's lists beside its tabs: saved views, and facets in words. */

import { INBOX_FILTERS } from "../core/inbox.ts";
import type { Facet, SavedView } from "../link/desk-api.ts";
import { areaName } from "../ui/area-name.ts";
import { capital, languageName } from "../ui/format.ts";
import type { BoardTexts } from "../ui/messages.ts";
import { partsOf } from "./list-choice.ts";
import type { Board } from "./state.ts";

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

/** Return a facet in words. */
export function facetName(board: Board, t: BoardTexts, facet: Facet): string {
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
