/** The period to send with the next text. */

import { useEffect, useRef } from "preact/hooks";
import type { Card } from "../protocol/kinds.ts";
import { Button } from "../ui/button.tsx";
import { BARS, CLOSE, Drawing } from "../ui/drawing.tsx";
import { cardTitle, type Zone } from "../ui/format.ts";
import { chartMessages, laterTextsFor, type Texts } from "../ui/messages.ts";

export interface ChosenProps {
  readonly t: Texts;
  readonly card: Card;
  readonly zone: Zone;
  readonly onRemove: () => void;
}

export function Chosen({ t, card, zone, onRemove }: ChosenProps) {
  const row = useRef<HTMLDivElement>(null);
  // A page that asks about a period leaves the focus on its own button. On a phone the keyboard would cover the conversation.
  useEffect(() => {
    if (matchMedia("(pointer: coarse)").matches) return;
    const panel = row.current?.closest(".wl-panel");
    panel?.querySelector("textarea")?.focus({ preventScroll: true });
  }, [card]);
  const title = chartMessages[t.lang].cardOf(cardTitle(t.lang, card, zone));
  return (
    <div ref={row} class="wl-strip-row wl-chosen" data-testid="chosen">
      <Drawing path={BARS} />
      <span role="status">{title}</span>
      <Button kind="quiet" icon label={laterTextsFor(t.lang).remove(title)} onClick={onRemove}>
        <Drawing path={CLOSE} />
      </Button>
    </div>
  );
}
