import { useEffect, useState } from "preact/hooks";

import { UNDO_MS } from "../link/desk-commands.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import type { ViewProps } from "./state.ts";

/** Show the last commands with a button to undo them. It stays while it has the pointer or the focus. */
export function Toast({ board, t }: Omit<ViewProps, "words">) {
  const { last, refused } = board.actions;
  const shown = last.value;
  const [isUsed, setUsed] = useState(false);
  useEffect(() => {
    if (shown === null || isUsed) return undefined;
    const timer = setTimeout(() => {
      last.value = null;
    }, UNDO_MS);
    return () => clearTimeout(timer);
  }, [shown, isUsed]);
  const n = shown?.clients.length ?? 0;
  const did = { resolve: t.didResolve, snooze: t.didSnooze, assign: t.didAssign, tag: t.didTag };
  const not = refused.value;
  const gone = board.desk.left.value;
  const unsent = gone?.unsent.join("\n") ?? "";
  const left = not && unsent === "" ? null : gone;
  // A row that left is no longer there to name its client.
  const nameOf = ([client = ""]: readonly string[]): string =>
    client === gone?.client ? board.clientName(client, gone.name) : board.clientName(client);
  return (
    <>
      {(not || left) && (
        <div role="alert" class="wl-toast" data-testid="refused">
          <Icon name="warning" />
          <span class="wl-toast-text">
            {not &&
              t.commandRefused(
                not.of === 1 ? nameOf(not.clients) : t.someOf(not.clients.length, not.of),
                not.texts.join(" "),
              )}
            {not && left && "\n"}
            {left && t.leftTeam(board.clientName(left.client, left.name))}
            {left && unsent !== "" && ` ${t.maybeNotSent} ${unsent}`}
          </span>
          {unsent !== "" && (
            <Button kind="quiet" onClick={() => void navigator.clipboard.writeText(unsent).catch(() => undefined)}>
              {t.copy}
            </Button>
          )}
          <Button
            kind="quiet"
            onClick={() => {
              refused.value = null;
              board.desk.left.value = null;
            }}
          >
            {t.close}
          </Button>
        </div>
      )}
      <div
        role="status"
        class={shown && !not && !left ? "wl-toast" : "wl-hidden"}
        data-testid="toast"
        onPointerEnter={() => setUsed(true)}
        onPointerLeave={() => setUsed(false)}
        onFocusIn={() => setUsed(true)}
        onFocusOut={() => setUsed(false)}
      >
        {shown && (
          <>
            <Icon name="done" />
            <span class="wl-toast-text">
              {did[shown.did](n === 1 ? nameOf(shown.clients) : t.conversationCount(n))}
            </span>
            <Button kind="quiet" hotkey="z" data-testid="undo" onClick={() => board.actions.undo()}>
              {t.undo}
            </Button>
          </>
        )}
      </div>
    </>
  );
}
