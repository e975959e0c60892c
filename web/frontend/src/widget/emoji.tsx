/** Some emoji for the draft. */

import type { Lang, LaterTexts } from "../ui/messages.ts";

const EMOJI = [..."🙂😀😂😍😎😢😡🤔👍👎🙏👋❤🎉✅❌⚡💡🔌🏠📷📄💶☎"];

export interface EmojiProps {
  readonly lang: Lang;
  readonly lt: LaterTexts;
  readonly onChoose: (emoji: string) => void;
}

export function Emoji({ lt, onChoose }: EmojiProps) {
  return (
    <div class="wl-strip wl-emoji" role="group" aria-label={lt.emoji} data-testid="emoji">
      {EMOJI.map((each) => (
        <button key={each} type="button" onClick={() => onChoose(each)}>
          {each}
        </button>
      ))}
    </div>
  );
}
