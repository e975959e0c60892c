import { useEffect } from "preact/hooks";

import { AgentFaces } from "./faces.tsx";
import { followFacets } from "./fitting.ts";
import type { Board } from "./state.ts";

/** Ask the server beside the list: for the photos of agents, and for what fits its facets. */
export function Following({ board }: { readonly board: Board }) {
  useEffect(() => followFacets(board), []);
  return <AgentFaces board={board} />;
}
