/** The parts of the board that load later. */

import { lazy } from "./lazy.tsx";
import { MenuList } from "./menu.tsx";
import type { Board } from "./state.ts";

const isLive = (board: Board): boolean => board.desk.connection.value.state === "live";
const opened = () => import("./opened-later.ts");

export const BulkBar = lazy(() => opened().then((chunk) => chunk.BulkBar), {
  again: ({ board }) => board.selection.size,
});
export const ContextPane = lazy(() => opened().then((chunk) => chunk.ContextPane), {
  again: ({ board, client }) => `${client} ${isLive(board)}`,
});
export const Dialogs = lazy(() => opened().then((chunk) => chunk.Dialogs), {
  onMissing: ({ board }) => void (board.dialog.value = null),
});
export const SearchResults = lazy(() => opened().then((chunk) => chunk.SearchResults), {
  again: ({ board }) => board.query.value,
});
export const Following = lazy(() => opened().then((chunk) => chunk.Following), {
  again: ({ board }) => isLive(board),
});
export const CardChart = lazy(() => opened().then((chunk) => chunk.CardChart), {
  again: ({ now }) => now,
});
export const Pages = lazy(() => import("./pages.tsx").then((chunk) => chunk.Pages), {
  again: ({ board }) => isLive(board),
});

/** Run the saved reply that has this digit. */
export const runKeyed = (board: Board, key: string): void =>
  void opened()
    .then((chunk) => chunk.runKeyed(board, key))
    .catch(() => undefined); // MissingPart tells of a chunk that does not come

/** Load what a key or a click may open next, so that it opens at once, also while the server does not answer. */
export const prefetchParts = (): void => {
  for (const part of [BulkBar, ContextPane, Dialogs, MenuList, SearchResults, CardChart, Following])
    void part.prefetch();
};
