/** What stands beside the closed launcher: the newest answer, or another part in the same frame. */

import type { ComponentChild } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

import type { Item } from "../core/view.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { CLOSE, Drawing } from "../ui/drawing.tsx";
import { clock } from "../ui/format.ts";
import type { Lang, LaterTexts } from "../ui/messages.ts";

export interface PeekProps {
  readonly lang: Lang;
  readonly lt: LaterTexts;
  readonly item: Item;
  readonly name: string;
  readonly onAnswer: () => void;
  readonly onLater: () => void;
}

interface BesideProps {
  readonly label: string;
  readonly name: string;
  readonly onLater: () => void;
  /** Args: later: puts it off, and gives the focus to the launcher. */
  readonly children: (later: () => void) => ComponentChild;
}

/** Frame what stands beside the launcher; Escape puts it off. */
export function Beside({ label, name, onLater, children }: BesideProps) {
  const frame = useRef<HTMLElement>(null);
  useLayoutEffect(() => frame.current?.showPopover?.(), []);
  const later = (): void => {
    const root = frame.current?.getRootNode() as ParentNode | undefined;
    onLater();
    root?.querySelector<HTMLElement>(".wl-launcher")?.focus({ preventScroll: true });
  };
  return (
    <section
      ref={frame}
      class="wl-scope wl-peek"
      popover="manual"
      aria-label={label}
      data-testid={name}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.stopPropagation();
        later();
      }}
    >
      {children(later)}
    </section>
  );
}

export function Peek({ lang, lt, item, name, onAnswer, onLater }: PeekProps) {
  return (
    <Beside label={lt.newAnswer} name="peek" onLater={onLater}>
      {(later) => (
        <>
          <Avatar name={name} id={item.sender} />
          <div>
            <p role="status">
              <strong>{name}</strong> <span class="wl-muted wl-time">{clock(lang, item.at)}</span>
              <span class="wl-peek-text" dir="auto">
                {item.text || lt.newAnswer}
              </span>
            </p>
            <Button class="wl-peek-answer" onClick={onAnswer}>
              {lt.answer}
            </Button>
            <Button kind="quiet" onClick={later}>
              {lt.notNow}
            </Button>
          </div>
          <Button kind="quiet" icon label={lt.hidePreview} onClick={later}>
            <Drawing path={CLOSE} />
          </Button>
        </>
      )}
    </Beside>
  );
}
