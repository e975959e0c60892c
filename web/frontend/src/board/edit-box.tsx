import { Button } from "../ui/button.tsx";
import { Composer } from "../ui/composer.tsx";
import { endEdit, saveEdit } from "./own-words.ts";
import type { Editing, ViewProps } from "./state.ts";

/** Edit one's own message where replies are written; the reply's draft waits. */
export function EditBox({ board, t, words, editing }: ViewProps & { readonly editing: Editing }) {
  return (
    <div
      class="wl-reply"
      onKeyDownCapture={(event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.preventDefault();
        event.stopPropagation();
        endEdit(board);
      }}
    >
      <Composer
        t={words}
        draft={editing.text}
        tone="reply"
        label={t.editMessage}
        sendLabel={t.saveEdit}
        onInput={(text) => {
          board.editing.value = { ...editing, text };
        }}
        onSend={(text) => saveEdit(board, editing, text)}
        head={<strong class="wl-switch">{t.editMessage}</strong>}
        tools={
          <Button kind="quiet" hotkey="Esc" onClick={() => endEdit(board)}>
            {t.cancel}
          </Button>
        }
      />
    </div>
  );
}
