import { useEffect } from "preact/hooks";

import { Faces } from "../ui/faces.ts";
import type { Board } from "./state.ts";

/** So many rows and colleagues are looked at, as many as a screen may show. */
const LOOKED_AT = 200;

export const faces = new Faces();

/** Return whether a photo of the agent is shown. */
export const hasFace = (id: string): boolean =>
  [...faces.sheet.cssRules].some(({ cssText }) => cssText.includes(`"${id}"`));

/** Show the photos of the agents on screen: one's own, the rows' assignees, the open conversation's, who is online. */
export function AgentFaces({ board }: { readonly board: Board }) {
  const items = board.conversation.value?.view.value.items ?? [];
  const ids = [
    board.config.me.id,
    ...items.map(({ sender }) => sender),
    ...board.list.rows.value.slice(0, LOOKED_AT).map(({ assignee }) => assignee ?? ""),
    ...Object.keys(board.desk.agents.value).slice(0, LOOKED_AT),
  ];
  useEffect(() => {
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, faces.sheet];
    return () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== faces.sheet);
    };
  }, []);
  const wanted = [...new Set(ids)].sort().join();
  useEffect(() => void faces.want(wanted.split(","), board.desk.api.faces), [wanted]);
  return null;
}
