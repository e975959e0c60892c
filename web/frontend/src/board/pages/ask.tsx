import type { ComponentChildren } from "preact";

import { Button } from "../../ui/button.tsx";
import { useModal } from "../modal.ts";
import { Picture, type PictureName } from "./page-icon.tsx";

/** Set a sentence's numbers in bold. */
export const withBoldNumbers = (text: string) =>
  text
    .split(/(\d[\d.,:\u00a0\u202f]*)/u)
    .map((part, place) => (place % 2 === 1 ? <strong key={part}>{part}</strong> : part));

export type Fact = readonly [picture: PictureName, says: ComponentChildren];

interface AskProps {
  readonly title: string;
  readonly text: string;
  /** What follows, with numbers. */
  readonly facts: readonly Fact[];
  readonly warning?: string;
  /** Stands below the facts. */
  readonly children?: ComponentChildren;
  /** The names of the button that does it, and of the other one. */
  readonly action: string;
  readonly back: string;
  readonly run: () => void;
  readonly onClose: () => void;
}

/** Ask before what cannot be called back, with whom it reaches. */
export function Ask({ title, text, facts, warning = "", children, action, back, run, onClose }: AskProps) {
  const dialog = useModal();
  return (
    <dialog ref={dialog} class="wl-dialog" aria-labelledby="wl-ask-title" onClose={onClose}>
      <div class="wl-dialog-body">
        <h2 id="wl-ask-title">{title}</h2>
        <p class="wl-muted">{text}</p>
        <ul class="wl-facts">
          {facts.map(([picture, says]) => (
            <li key={picture} {...(picture === "warning" ? { class: "wl-warn" } : {})}>
              <Picture name={picture} small />
              <span>{says}</span>
            </li>
          ))}
          {warning && <li class="wl-bad">{warning}</li>}
        </ul>
        {children}
        <div class="wl-dialog-actions">
          <Button autofocus onClick={() => dialog.current?.close()}>
            {back}
          </Button>
          <Button
            kind="primary"
            onClick={() => {
              run();
              dialog.current?.close();
            }}
          >
            {action}
          </Button>
        </div>
      </div>
    </dialog>
  );
}
