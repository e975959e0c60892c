/** The photos of the agents in the client's chat: a small chunk, because the welcome shows them too. */

import type { Rest } from "../link/rest.ts";
import { Faces } from "../ui/faces.ts";
import type { ChatState } from "./chat.tsx";

const faces = new Faces();

/** Show the photos of who is here and of who wrote. */
export function showFaces(
  { view, notice }: Pick<ChatState, "view" | "notice">,
  rest: Pick<Rest, "get">,
  root: ShadowRoot,
): void {
  if (!root.adoptedStyleSheets.includes(faces.sheet))
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, faces.sheet];
  const ids = [...view.items.map(({ sender }) => sender), ...(notice?.agents.map(({ id }) => id) ?? [])];
  const ask = async (agents: readonly string[]) =>
    (await rest.get(`/api/faces?${new URLSearchParams(agents.map((agent) => ["agent", agent]))}`)).faces;
  void faces.want(ids, ask);
}
