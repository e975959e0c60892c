/** Draw a scene of the board, at an address and in a state. */

import { render } from "preact";
import { useEffect } from "preact/hooks";
import { App } from "../board/app.tsx";
import { comparedWith, type Range, shownRange } from "../board/consumption.tsx";
import { Board } from "../board/state.ts";
import type { InboxFilter } from "../core/inbox.ts";
import type { Compared } from "../ui/consumption-compare.ts";
import { configFor, deskWith, outsideFor, type SampleDesk } from "./desk.ts";
import { frames, type Scene } from "./scene.ts";

export interface BoardScene extends SampleDesk {
  readonly hash?: string;
  readonly filter?: InboxFilter;
  readonly range?: Range;
  readonly compared?: Compared;
  readonly checked?: readonly string[];
  readonly then?: (board: Board) => void | Promise<void>;
}

/** Draw the board; `onStaged` runs after it has read its address, which would undo earlier changes. */
function Staged({ board, onStaged }: { readonly board: Board; readonly onStaged: () => void }) {
  useEffect(onStaged, []);
  return <App board={board} />;
}

export const scene = ({
  hash = "#/c-42",
  filter,
  range = "month",
  compared = "none",
  checked,
  then,
  ...options
}: BoardScene = {}): Scene => ({
  async draw(root, lang) {
    history.replaceState(null, "", hash);
    [shownRange.value, comparedWith.value] = [range, compared]; // shared by all clients
    const board = new Board(deskWith(options), configFor(lang, options.admin), outsideFor(options));
    if (filter) board.filter.value = filter;
    if (checked) board.selection.checkAll(checked);
    await new Promise<void>((staged) => render(<Staged board={board} onStaged={staged} />, root));
    await frames();
    await then?.(board);
  },
});

export type Of<Union extends string | null> = Readonly<Record<Exclude<Union, null>, Scene>>;
