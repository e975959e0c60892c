/** The newest answer beside the closed launcher. */

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

export function Peek({ lang, lt, item, name, onAnswer, onLater }: PeekProps) {
  const frame = useRef<HTMLElement>(null);
  useLayoutEffect(() => frame.current?.showPopover?.(), []);
  return (
    <section ref={frame} class="wl-scope wl-peek" popover="manual" aria-label={lt.newAnswer} data-testid="peek">
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
        <Button kind="quiet" onClick={onLater}>
          {lt.notNow}
        </Button>
      </div>
      <Button kind="quiet" icon label={lt.hidePreview} onClick={onLater}>
        <Drawing path={CLOSE} />
      </Button>
    </section>
  );
}
