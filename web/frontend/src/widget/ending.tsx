/** The end of a conversation: a rating from 1 to 5 with an optional comment. A new message reopens it. */

import { useState } from "preact/hooks";
import type { Rating } from "../protocol/kinds.ts";
import { Button } from "../ui/button.tsx";
import { sends } from "../ui/composer.tsx";
import { Drawing } from "../ui/drawing.tsx";
import type { LaterTexts, WidgetTexts } from "../ui/messages.ts";
import type { End } from "./strips.ts";

const SCORES = [1, 2, 3, 4, 5] as const;
/** A face: circle, two eyes, and a mouth that rises with the score; the worst frowns, the best laughs. */
const faceOf = (score: number): string =>
  `M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM7.5 7.8v.1M12.5 7.8v.1M6.8 12.5Q10 ${7.5 + 1.7 * score} 13.2 12.5${{ 1: "M6.3 6l2 .8M13.7 6l-2 .8", 5: "z" }[score] ?? ""}`;
const MOST_WORDS = 500;

export interface EndingProps {
  readonly wt: WidgetTexts;
  readonly lt: LaterTexts;
  readonly end: Exclude<End, "none">;
  readonly onRate: (rating: Rating) => void;
}

export function Ending({ wt, lt, end, onRate }: EndingProps) {
  const [score, setScore] = useState(0);
  const [word, setWord] = useState("");
  if (end === "rated") {
    return (
      <div class="wl-strip" data-testid="rated">
        <strong>{wt.thanks}</strong>
        <span class="wl-muted">{lt.reopens}</span>
      </div>
    );
  }
  const text = word.trim();
  return (
    <form
      class="wl-strip wl-rate"
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
            <label key={each} class="wl-face">
              <input
                class="wl-hidden"
                type="radio"
                name="score"
                checked={each === score}
                onChange={() => setScore(each)}
              />
              <Drawing path={faceOf(each)} />
              {lt.score(each)}
            </label>
          ))}
        </div>
      </fieldset>
      {score > 0 ? (
        <>
          <textarea
            class="wl-input"
            rows={2}
            value={word}
            maxLength={MOST_WORDS}
            aria-label={lt.word}
            placeholder={lt.word}
            onInput={(event) => setWord(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (!sends(event)) return;
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }}
          />
          <Button kind="primary" type="submit">
            {lt.rate}
          </Button>
        </>
      ) : (
        <span class="wl-muted">{lt.reopens}</span>
      )}
    </form>
  );
}
