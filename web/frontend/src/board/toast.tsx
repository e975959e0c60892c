import { useEffect, useState } from "preact/hooks";

import { Button } from "../ui/button.tsx";
import type { BoardTexts } from "../ui/messages.ts";
import { clientName } from "./client-name.ts";
import type { Board } from "./state.ts";

const SHOWN_MS = 8_000;

/** What was just done, and the way back; it stays while somebody points at it or has the focus there. */
export function Toast({ board, t }: { readonly board: Board; readonly t: BoardTexts }) {
  const shown = board.toast.value;
  const [isUsed, setUsed] = useState(false);
  useEffect(() => {
    if (shown === null || isUsed) return undefined;
    const timer = setTimeout(() => {
      board.toast.value = null;
    }, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [shown, isUsed]);
  const name = shown && clientName(t.lang, shown.client, board.desk.inbox.value.summaries[shown.client]?.name);
  return (
    <div
      role="status"
      class={shown ? "wl-toast" : "wl-hidden"}
      data-testid="toast"
      onPointerEnter={() => setUsed(true)}
      onPointerLeave={() => setUsed(false)}
      onFocusIn={() => setUsed(true)}
      onFocusOut={() => setUsed(false)}
    >
      {shown && (
        <>
          <span>{(shown.did === "resolve" ? t.didResolve : t.didSnooze)(name ?? "")}</span>
          <Button kind="quiet" hotkey="z" data-testid="undo" onClick={() => board.undo()}>
            {t.undo}
          </Button>
        </>
      )}
    </div>
  );
}
