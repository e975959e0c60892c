import { useEffect, useRef, useState } from "preact/hooks";

import type { Api } from "../link/desk-api.ts";
import { Button } from "../ui/button.tsx";
import type { BoardTexts, Texts } from "../ui/messages.ts";
import { type Fault, faultOf, faultText } from "./fault.ts";

export type EraseState =
  | { readonly state: "asking" }
  | { readonly state: "erasing" }
  | { readonly state: "refused"; readonly fault: Fault };

interface EraseDialogProps {
  readonly api: Pick<Api, "erase">;
  readonly t: BoardTexts;
  readonly words: Texts;
  readonly client: string;
  readonly onClose: () => void;
}

/** Erasing cannot be undone: it wants the client's id typed, and says before what goes. */
export function EraseDialog({ api, t, words, client, onClose }: EraseDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  const [erasing, setErasing] = useState<EraseState>({ state: "asking" });

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  const erase = async (): Promise<void> => {
    setErasing({ state: "erasing" });
    try {
      await api.erase(client);
      dialog.current?.close();
    } catch (fault) {
      setErasing({ state: "refused", fault: faultOf(fault) });
    }
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
        {erasing.state === "refused" && (
          <p class="wl-bad" role="alert">
            {faultText(t.lang, erasing.fault) || t.notReached}
          </p>
        )}
        <div class="wl-dialog-actions">
          <Button onClick={() => dialog.current?.close()}>{t.cancel}</Button>
          <Button kind="bad" type="submit" disabled={typed !== client || erasing.state === "erasing"}>
            {erasing.state === "erasing" ? words.loading : t.erase}
          </Button>
        </div>
      </form>
    </dialog>
  );
}
