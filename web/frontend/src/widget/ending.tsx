/** The end of a conversation: a rating from 1 to 5, stored at the press; words may follow. A new message reopens it. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Item } from "../core/view.ts";
import type { Rating } from "../protocol/kinds.ts";
import { Button } from "../ui/button.tsx";
import { sends } from "../ui/composer.tsx";
import { Drawing } from "../ui/drawing.tsx";
import type { LaterTexts, WidgetTexts } from "../ui/messages.ts";

const SCORES = [1, 2, 3, 4, 5] as const;
/** A face: circle, two eyes, and a mouth that rises with the score; the worst frowns, the best laughs. */
const faceOf = (score: number): string =>
  `M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM7.5 7.8v.1M12.5 7.8v.1M6.8 12.5Q10 ${7.5 + 1.7 * score} 13.2 12.5${{ 1: "M6.3 6l2 .8M13.7 6l-2 .8", 5: "z" }[score] ?? ""}`;
const MOST_WORDS = 500;

export interface EndingProps {
  readonly wt: WidgetTexts;
  readonly lt: LaterTexts;
  readonly isRated: boolean;
  readonly items: readonly Item[];
  readonly onRate: (rating: Rating) => void;
  /** The words were sent, and the field for them is gone. */
  readonly onDone: () => void;
}

export function Ending({ wt, lt, isRated, items, onRate, onDone }: EndingProps) {
  const [words, setWords] = useState("");
  const [isChanging, setChanging] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  /** A button was pressed that goes away; what stands in its place takes the focus. */
  const isPressed = useRef(false);
  const given = isRated
    ? items.findLast(({ kind, tick }) => kind === "rating" && tick !== "failed")?.body.rating
    : null;
  useLayoutEffect(() => {
    if (isPressed.current)
      form.current?.querySelector<HTMLElement>(isChanging ? "[aria-pressed=true]" : ".wl-link")?.focus();
    isPressed.current = false;
  }, [given?.score, isChanging]);
  const change = (now: boolean): void => {
    isPressed.current = true;
    setChanging(now);
  };
  const choose = (score: number): void => {
    change(false);
    if (score !== given?.score) onRate({ ...given, score });
  };
  return (
    <form
      ref={form}
      class="wl-rate"
      aria-live="off" // a region of its own tells it
      data-testid={isRated ? "rated" : "rate"}
      onSubmit={(event) => {
        event.preventDefault();
        const text = words.trim();
        if (!given || !text) return;
        onRate({ score: given.score, text });
        onDone();
      }}
    >
      {given && !isChanging ? (
        <div class="wl-rate-given">
          <Drawing path={faceOf(given.score)} />
          <strong>{wt.thanks}</strong> <span class="wl-muted">{lt.score(given.score)}</span>
          <button type="button" class="wl-link" onClick={() => change(true)}>
            {lt.change}
          </button>
        </div>
      ) : (
        <fieldset>
          <legend>{wt.howWasIt}</legend>
          <div class="wl-faces">
            {SCORES.map((score) => (
              <button
                key={score}
                type="button"
                class="wl-face"
                aria-pressed={score === given?.score}
                onClick={() => choose(score)}
              >
                <Drawing path={faceOf(score)} />
                {lt.score(score)}
              </button>
            ))}
          </div>
        </fieldset>
      )}
      {given?.text && <p class="wl-muted">{given.text}</p>}
      {given && !given.text && (
        <div class="wl-rate-words">
          <textarea
            class="wl-input"
            rows={1}
            value={words}
            maxLength={MOST_WORDS}
            aria-label={lt.word}
            placeholder={lt.word}
            onInput={(event) => setWords(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (!sends(event)) return;
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }}
          />
          <Button kind="primary" type="submit" disabled={!words.trim()}>
            {lt.rate}
          </Button>
        </div>
      )}
      <span class="wl-muted">{lt.reopens}</span>
    </form>
  );
}
