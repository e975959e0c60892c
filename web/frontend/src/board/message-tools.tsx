import { useComputed } from "@preact/signals";

import type { Item } from "../core/view.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { askToDelete, canDelete, canEdit, canQuote, edit, quote } from "./own-words.ts";
import type { ClientViewProps } from "./state.ts";

/** Show what can be done with a message, while the pointer is on it. The commands do the same by keyboard. */
export function MessageTools({ board, t, client, item }: Omit<ClientViewProps, "words"> & { readonly item: Item }) {
  const isPointed = useComputed(() => board.pointed.value === item.seq);
  // Drawn only then: a screen reader would read them with each new message.
  if (!isPointed.value || (!canQuote(item) && !canDelete(item))) return null;
  return (
    <span class="wl-message-tools" aria-live="off">
      {canQuote(item) && (
        <Button kind="quiet" icon label={t.quote} onClick={() => quote(board, client, item)}>
          <Icon name="quote" />
        </Button>
      )}
      {canEdit(item) && (
        <Button kind="quiet" icon label={t.editMessage} onClick={() => edit(board, client, item)}>
          <Icon name="edit" />
        </Button>
      )}
      {canDelete(item) && (
        <Button kind="quiet" icon label={t.deleteMessage} onClick={() => askToDelete(board, client, item)}>
          <Icon name="trash" />
        </Button>
      )}
    </span>
  );
}
