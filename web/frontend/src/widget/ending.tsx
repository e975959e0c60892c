/** The end of a conversation: a rating from 1 to 5 with an optional comment. A new message reopens it. */

import { useState } from "preact/hooks";
import type { Item } from "../core/view.ts";
import type { Rating } from "../protocol/kinds.ts";
import { Button } from "../ui/button.tsx";
import { Drawing } from "../ui/drawing.tsx";
import type { WidgetTexts } from "../ui/messages.ts";

/** none: not ended. */
export type End = "none" | "rate" | "rated";

/** Return the state by the last event and what was sent since. */
export function endOf(items: readonly Item[]): End {
  let end: End = "none";
  for (const { kind, mine, tick } of items) {
    if (kind === "resolved") end = "rate";
    else if (kind === "rating") end = end === "none" || tick === "failed" ? end : "rated";
    else if (kind === "reopened" || (mine && tick === "sending")) end = "none";
  }
  return end;
}

const SCORES = [1, 2, 3, 4, 5] as const;
/** A face: circle, two eyes, and a mouth that rises with the score. */
const faceOf = (score: number): string =>
  `M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9 9.500v.500M15 9.500v.500M8 15Q12 ${9 + 2 * score} 16 15`;
const MOST_WORDS = 500;

interface EndingProps {
  readonly wt: WidgetTexts;
  readonly end: Exclude<End, "none">;
  readonly onRate: (rating: Rating) => void;
}

export function Ending({ wt, end, onRate }: EndingProps) {
  const [score, setScore] = useState(0);
  const [word, setWord] = useState("");
  if (end === "rated") {
    return (
      <div class="wl-strip" data-testid="rated">
        <strong>{wt.thanks}</strong>
        <span class="wl-muted">{wt.reopens}</span>
      </div>
    );
  }
  const text = word.trim();
  return (
    <form
      class="wl-strip"
      data-testid="rate"
      onSubmit={(event) => {
        event.preventDefault();
        onRate(text ? { score, text } : { score });
      }}
    >
      <fieldset>
        <legend>{wt.howWasIt}</legend>
        <div class="wl-faces">
          {SCORES.map((each) => (
            <label key={each} class="wl-face" title={wt.score(each)}>
              <input
                class="wl-hidden"
                type="radio"
                name="score"
                checked={each === score}
                aria-label={wt.score(each)}
                onChange={() => setScore(each)}
              />
              <Drawing path={faceOf(each)} />
            </label>
          ))}
        </div>
      </fieldset>
      {score > 0 ? (
        <div class="wl-strip-row">
          <input
            class="wl-input"
            value={word}
            maxLength={MOST_WORDS}
            aria-label={wt.word}
            placeholder={wt.word}
            onInput={(event) => setWord(event.currentTarget.value)}
          />
          <Button kind="primary" type="submit">
            {wt.rate}
          </Button>
        </div>
      ) : (
        <span class="wl-muted">{wt.reopens}</span>
      )}
    </form>
  );
}
