/** Quote a message, and edit or delete one's own. */

import type { Item } from "../core/view.ts";
import { ownWords } from "../ui/rows.ts";
import { focusComposer } from "./focus.ts";
import type { Board, Editing } from "./state.ts";

/** A quotation keeps so many characters of what was said. */
const MAX_QUOTED = 300;

const isHere = (item: Item): boolean => item.seq !== null && !item.deleted;
export const canQuote = (item: Item): boolean => isHere(item) && item.kind === "text";
export const canEdit = (item: Item): boolean => canQuote(item) && item.mine;
export const canDelete = (item: Item): boolean => isHere(item) && item.mine;

/** Return the draft below the quoted text, each line of which begins with "> ", as in mails; not what that one quotes. */
export function quoted(draft: string, said: string): string {
  const text = ownWords(said);
  const short = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED).trimEnd()} …` : text;
  return `${short.replace(/^/gmu, "> ")}\n${draft}`;
}

/** Put a message before the draft of the reply. */
export function quote(board: Board, client: string, { text }: Item): void {
  board.editing.value = null;
  board.drafts.setMode(client, "reply");
  board.drafts.set(client, "reply", quoted(board.drafts.of(client, "reply"), text));
  setTimeout(focusComposer);
}

/** Open one's own message in the composer. */
export function edit(board: Board, client: string, { seq, text }: Item): void {
  if (seq === null) return;
  board.editing.value = { client, seq, before: text, text };
  setTimeout(focusComposer);
}

/** Close the edited message; the draft of the reply is as it was. */
export function endEdit(board: Board): void {
  board.editing.value = null;
  setTimeout(focusComposer);
}

/** Send the new text, unless it is the old one. */
export function saveEdit(board: Board, { client, seq, before }: Editing, text: string): void {
  if (text !== before) board.command(client, { do: "edit", of: seq, text });
  endEdit(board);
}

/** Ask whether to delete one's own message. */
export function askToDelete(board: Board, client: string, { seq }: Item): void {
  if (seq === null) return;
  board.deleting.value = { client, seq };
  board.dialog.value = "delete";
}
