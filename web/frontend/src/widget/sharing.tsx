/** The period of consumption that goes with the next words, beside the field. */

import type { Card } from "../protocol/kinds.ts";
import { Button } from "../ui/button.tsx";
import { cardTitle } from "../ui/card-title.ts";
import { BOLT, CLOSE, Drawing } from "../ui/drawing.tsx";
import type { Texts, WidgetTexts } from "../ui/messages.ts";
import { platformZone } from "./apart.tsx";

interface ChosenProps {
  readonly t: Texts;
  readonly wt: WidgetTexts;
  readonly card: Card;
  readonly onRemove: () => void;
}

/** The period that goes with the next words. */
export function Chosen({ t, wt, card, onRemove }: ChosenProps) {
  const title = t.cardOf(cardTitle(t.lang, card, platformZone.value));
  return (
    <div class="wl-strip-row wl-chosen" data-testid="chosen">
      <Drawing path={BOLT} filled />
      <span role="status">{title}</span>
      <Button kind="quiet" icon label={wt.remove(title)} onClick={onRemove}>
        <Drawing path={CLOSE} />
      </Button>
    </div>
  );
}
