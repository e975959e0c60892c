import { useState } from "preact/hooks";

import { Button } from "../ui/button.tsx";
import type { BoardTexts } from "../ui/messages.ts";
import { CannedPicker } from "./canned-picker.tsx";
import { focusComposer } from "./focus.ts";
import { choicesOf } from "./palette.ts";
import { Picker, useModal } from "./picker.tsx";
import { Refused, useAction } from "./request.tsx";
import type { ClientViewProps, Mode, ViewProps } from "./state.ts";

/** Show the one open dialog. */
export function Dialogs({ board, t, words }: ViewProps) {
  const { client } = board.route.value;
  const shown = board.dialog.value;
  const onClose = (): void => {
    // A choice may have opened the next dialog already.
    if (board.dialog.peek() === shown) board.dialog.value = null;
  };
  const write = (mode: Mode): void => {
    if (client === null) return;
    board.setMode(client, mode);
    queueMicrotask(focusComposer);
  };
  switch (shown) {
    case null:
      return null;
    case "help":
      return <Help t={t} onClose={onClose} />;
    case "canned":
      return client === null ? null : <CannedPicker {...{ board, t, words, client, onClose }} />;
    case "palette":
      return (
        <Picker
          label={t.palette}
          placeholder={t.paletteFind}
          testId="palette"
          nothing={t.paletteNothing}
          onClose={onClose}
          choices={(text) => choicesOf(board, t, text, write)}
        />
      );
    case "erase":
      return client === null ? null : <EraseDialog {...{ board, t, words, client, onClose }} />;
  }
}

/** Erase a client's data after the agent typed the client's id, since it cannot be undone. */
function EraseDialog({ board, t, words, client, onClose }: ClientViewProps & { readonly onClose: () => void }) {
  const dialog = useModal();
  const [typed, setTyped] = useState("");
  const [action, run] = useAction();
  const erase = async (): Promise<void> => {
    if (await run(() => board.desk.api.erase(client))) dialog.current?.close();
  };
  return (
    <dialog ref={dialog} class="wl-dialog" aria-labelledby="wl-erase-title" onClose={onClose}>
      <form
        class="wl-dialog-body"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === client) void erase();
        }}
      >
        <h2 id="wl-erase-title">{t.eraseTitle(client)}</h2>
        <p>{t.eraseText}</p>
        <label class="wl-field">
          <span>{t.eraseConfirm(client)}</span>
          <input
            class="wl-input"
            autocomplete="off"
            spellcheck={false}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            data-testid="erase-confirm"
          />
        </label>
        <Refused action={action} t={t} />
        <div class="wl-dialog-actions">
          <Button onClick={() => dialog.current?.close()}>{t.cancel}</Button>
          <Button kind="bad" type="submit" disabled={typed !== client || action.state === "running"}>
            {action.state === "running" ? words.loading : t.erase}
          </Button>
        </div>
      </form>
    </dialog>
  );
}

const keysOf = (t: BoardTexts): readonly (readonly [keys: readonly string[], what: string])[] => [
  [["j", "↓"], t.keyNext],
  [["k", "↑"], t.keyPrevious],
  [["Enter"], t.keyOpen],
  [["r"], t.reply],
  [["n"], t.note],
  [["e"], t.keyResolve],
  [["a"], t.assign],
  [["s"], t.snooze],
  [["z"], t.keyUndo],
  [["/"], t.keySearch],
  [[";"], t.canned],
  [["Ctrl", "K"], t.keyPalette],
  [["?"], t.keyHelp],
  [["Esc"], t.keyClose],
];

/** List every key. */
function Help({ t, onClose }: { readonly t: BoardTexts; readonly onClose: () => void }) {
  const dialog = useModal();
  return (
    <dialog
      ref={dialog}
      class="wl-dialog"
      aria-labelledby="wl-help-title"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="wl-dialog-body">
        <h2 id="wl-help-title">{t.keysHelp}</h2>
        <dl class="wl-keys">
          {keysOf(t).map(([keys, what]) => (
            <div key={what}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key} class="wl-key">
                    {key}
                  </kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <p class="wl-muted">{t.keyTypingHint}</p>
        <Button kind="primary" onClick={() => dialog.current?.close()}>
          {t.close}
        </Button>
      </div>
    </dialog>
  );
}
