import { useLayoutEffect, useRef } from "preact/hooks";

import { Button } from "../ui/button.tsx";
import type { BoardTexts } from "../ui/messages.ts";

const keysOf = (t: BoardTexts): readonly (readonly [keys: readonly string[], what: string])[] => [
  [["j", "↓"], t.keyNext],
  [["k", "↑"], t.keyPrevious],
  [["Enter"], t.keyOpen],
  [["r"], t.keyReply],
  [["n"], t.keyNote],
  [["e"], t.keyResolve],
  [["a"], t.keyAssign],
  [["s"], t.keySnooze],
  [["z"], t.keyUndo],
  [["/"], t.keySearch],
  [[";"], t.keyCanned],
  [["Ctrl", "K"], t.keyPalette],
  [["?"], t.keyHelp],
  [["Esc"], t.keyClose],
];

/** Every key, in a dialog that the browser itself keeps the focus in. */
export function Help({ t, onClose }: { readonly t: BoardTexts; readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="wl-dialog"
      aria-labelledby="wl-help-title"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="wl-dialog-body">
        <h2 id="wl-help-title">{t.keysTitle}</h2>
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
