import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Menu } from "./menu.tsx";
import type { ViewProps } from "./state.ts";

/** Names that the bar lists before "…". */
export const NAMED = 5;

/** Do something with all checked conversations, of which there is one at least. Stands where the composer stands otherwise. */
export function BulkBar({ board, t }: Omit<ViewProps, "words">) {
  const checked = [...(board.selection.clients.value ?? [])];
  const names = checked.slice(0, NAMED).map((client) => board.clientName(client));
  const n = checked.length;
  return (
    <section class="wl-bulk" aria-label={t.selectedCount(n)} data-testid="bulk">
      <div class="wl-bulk-head">
        <strong role="status">{t.selectedCount(n)}</strong>
        <span class="wl-bulk-names">
          {names.join(", ")}
          {n > NAMED && " …"}
        </span>
        <Button kind="quiet" hotkey="Esc" onClick={() => board.endSelection()}>
          {t.clearSelection}
        </Button>
      </div>
      <div class="wl-bulk-actions">
        <Menu
          board={board}
          name="bulk-assign"
          label={t.assign}
          title={t.assign}
          items={({ assignItems }) => assignItems(board, t, checked)}
        >
          <Icon name="person" />
          <span class="wl-bulk-word">{t.assign}</span>
        </Menu>
        <Button label={t.tagVerb} title={t.tagVerb} onClick={() => void (board.dialog.value = "tag")}>
          <Icon name="tag" />
          <span class="wl-bulk-word">{t.tagVerb}</span>
        </Button>
        <Menu
          board={board}
          name="bulk-snooze"
          label={t.snooze}
          title={t.snooze}
          items={({ snoozeItems }) => snoozeItems(board, t, checked)}
        >
          <Icon name="moon" />
          <span class="wl-bulk-word">{t.snooze}</span>
        </Menu>
        <Button
          label={t.replyToCount(n)}
          title={t.replyToCount(n)}
          onClick={() => void (board.dialog.value = "bulk-reply")}
        >
          <Icon name="reply" />
          <span class="wl-bulk-word">{t.bulkReply(n)}</span>
        </Button>
        <Button kind="primary" hotkey="e" data-testid="bulk-resolve" onClick={() => board.resolve(checked)}>
          {t.resolveCount(n)}
        </Button>
      </div>
    </section>
  );
}
