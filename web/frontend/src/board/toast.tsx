import { useEffect, useState } from "preact/hooks";

import { Button } from "../ui/button.tsx";
import type { ViewProps } from "./state.ts";

const SHOWN_MS = 8_000;

/** Show the last command with a button to undo it. It stays while it has the pointer or the focus. */
export function Toast({ board, t }: Omit<ViewProps, "words">) {
  const shown = board.toast.value;
  const [isUsed, setUsed] = useState(false);
  useEffect(() => {
    if (shown === null || isUsed) return undefined;
    const timer = setTimeout(() => {
      board.toast.value = null;
    }, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [shown, isUsed]);
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
          <span>{(shown.did === "resolve" ? t.didResolve : t.didSnooze)(board.clientName(shown.client))}</span>
          <Button kind="quiet" hotkey="z" data-testid="undo" onClick={() => board.undo()}>
            {t.undo}
          </Button>
        </>
      )}
    </div>
  );
}
