/** The answers that a bot suggests to its question. */

import { Button } from "../ui/button.tsx";
import type { WidgetTexts } from "../ui/messages.ts";

export interface QuickRepliesProps {
  readonly wt: WidgetTexts;
  readonly replies: readonly string[];
  readonly onChoose: (text: string) => void;
}

export function QuickReplies({ wt, replies, onChoose }: QuickRepliesProps) {
  return (
    <div class="wl-quick" role="group" aria-label={wt.quickReplies} data-testid="replies">
      {replies.map((reply) => (
        <Button key={reply} onClick={() => onChoose(reply)}>
          {reply}
        </Button>
      ))}
    </div>
  );
}
