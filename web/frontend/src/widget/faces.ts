/** The photos of the agents in the client's chat. */

import type { ConversationView } from "../core/view.ts";
import type { Rest } from "../link/rest.ts";
import type { DeskNotice } from "../protocol/payloads.ts";
import { Faces } from "../ui/faces.ts";

export interface FacesProps {
  readonly view: ConversationView;
  readonly notice: DeskNotice | null;
  readonly rest: Pick<Rest, "get"> | undefined;
}

const faces = new Faces();

export function showFaces({ view, notice, rest }: FacesProps, place: Node): void {
  const root = place.getRootNode();
  if (!rest || !(root instanceof ShadowRoot)) return;
  if (!root.adoptedStyleSheets.includes(faces.sheet))
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, faces.sheet];
  const ids = [...view.items.map(({ sender }) => sender), ...(notice?.agents.map(({ id }) => id) ?? [])];
  const ask = async (agents: readonly string[]) =>
    (await rest.get(`/api/faces?${new URLSearchParams(agents.map((agent) => ["agent", agent]))}`)).faces;
  void faces.want(ids, ask);
}
