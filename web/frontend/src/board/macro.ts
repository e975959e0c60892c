/** Saved replies that do more than insert their text. */

import type { CannedReply } from "../link/desk-api.ts";
import type { BoardTexts } from "../ui/messages.ts";
import type { Board } from "./state.ts";

/** Return in words what a reply does beside its text; empty for a plain one. */
export const actionsOf = (t: BoardTexts, { tag, assign, resolve }: CannedReply): readonly string[] => [
  ...(tag === null ? [] : [`${t.tagVerb}: ${tag}`]),
  ...(assign ? [t.toMe] : []),
  ...(resolve ? [t.resolve] : []),
];

/** Send the text and do the reply's actions, which one Undo withdraws. The draft stays. */
export function runMacro(board: Board, client: string, text: string, { tag, assign, resolve }: CannedReply): void {
  const me = board.config.me.id;
  // The text assigns a conversation that nobody has.
  const owner = board.actions.summaryOf(client)?.assignee ?? me;
  board.desk.open(client).say(text);
  board.actions.together(() => {
    if (assign && owner !== me) board.assign([client], me);
    if (tag !== null) board.tag([client], tag);
    if (resolve) board.resolve([client]);
  });
}
