/** What stands beside the closed launcher: the newest answer, or another part in the same frame. */

import type { ComponentChild } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

import type { Item } from "../core/view.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { CLOSE, Drawing } from "../ui/drawing.tsx";
import { clock } from "../ui/format.ts";
import type { Lang, LaterTexts } from "../ui/messages.ts";
import { ownWords } from "../ui/rows.ts";

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
  /** Nothing else shows it: so it stands far from the launcher, or over the page, rather than nowhere. */
  readonly isQuestion?: boolean;
  /** Args: later: puts it off, and gives the focus to the launcher. */
  readonly children: (later: () => void) => ComponentChild;
}

const GAP_PX = 8;
/** What is never covered: text in drawings, and what the page marks. */
const KEPT = "svg text, [data-wattline-chart]:not([data-wattline-chart=figure])";
/** What is covered only on a phone that has no other place: marked figures, then the page's head and controls too. */
const FIGURES = "[data-wattline-chart=figure]";
const CONTROLS = "body > header, body :is(button, input, select, summary)";
/** Where it may stand and what it may cover there, the best first; at the last it may cover all, or is hidden. */
const PLACES = [["above"], ["beside"], ["higher"]];
const ON_PHONES = [...PLACES, ["anywhere"], ["over", FIGURES], ["over", `${FIGURES}, ${CONTROLS}`]];
/** At these it goes up from the launcher until it covers nothing else. */
const FREE = new Set(["higher", "anywhere", "over"]);
/** A preview as wide as the screen, or in a low one, is seen to belong to the launcher wherever it stands. */
const PHONE = "(max-width: 30rem), (max-height: 30rem)";
/** A longer text is cut at a word: its lines end within one. */
const TEXT_CHARS = 84;

/** Keep the frame where it covers nothing of that, while the page scrolls and changes; return how to stop. */
function keepClear(frame: HTMLElement, isQuestion = false): () => void {
  const root = frame.getRootNode() as ParentNode & Partial<ShadowRoot>;
  const launchers = root.querySelectorAll(".wl-launcher");
  // The page may make room at its end.
  root.host?.toggleAttribute("data-peek", true);
  const place = (): void => {
    due = 0;
    const kept = [...document.querySelectorAll(`${KEPT}, ${FIGURES}, ${CONTROLS}`), ...launchers]
      .filter((each) => each.checkVisibility?.() ?? true) // those of a closed table have a box
      .map((each) => ({ box: each.getBoundingClientRect(), each }));
    const places = matchMedia(PHONE).matches ? ON_PHONES : PLACES;
    (isQuestion ? [...PLACES, ["above"]] : [...places, ["nowhere"]]).some(([at = "", over]) => {
      const covered = (): DOMRect | undefined => {
        const own = frame.getBoundingClientRect();
        return kept.find(
          ({ each, box: { left, right, top, bottom } }) =>
            right > left &&
            left < own.right &&
            right > own.left &&
            top < own.bottom &&
            bottom > own.top &&
            !(over && each.matches(over) && !each.matches(`${KEPT}, :focus`)),
        )?.box;
      };
      frame.dataset.at = at;
      frame.style.insetBlockEnd = "";
      let box = covered();
      const height = frame.offsetHeight;
      // From the launcher up to the first free place on the screen; farther away an answer is not seen to belong to it.
      const top = isQuestion || at !== "higher" ? 0 : (launchers[0]?.getBoundingClientRect().top ?? innerHeight);
      const highest = Math.max(height, top - height) + GAP_PX;
      for (; FREE.has(at) && box && box.top > highest; box = covered())
        frame.style.insetBlockEnd = `${innerHeight - box.top + GAP_PX}px`;
      return !box;
    });
  };
  let due = 0;
  const soon = (): void => {
    due ||= requestAnimationFrame(place);
  };
  const changes = new MutationObserver(soon);
  for (const each of [document.body, frame])
    changes.observe(each, { childList: true, subtree: true, characterData: true });
  const moves = ["scroll", "resize", "focusin"];
  for (const move of moves) addEventListener(move, soon, { capture: true, passive: true });
  place();
  return () => {
    root.host?.toggleAttribute("data-peek", false);
    changes.disconnect();
    for (const move of moves) removeEventListener(move, soon, true);
    cancelAnimationFrame(due);
  };
}

/** Frame what stands beside the launcher; Escape puts it off. */
export function Beside({ label, name, onLater, isQuestion, children }: BesideProps) {
  const frame = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const shown = frame.current as HTMLElement;
    shown.showPopover?.();
    return keepClear(shown, isQuestion);
  }, []);
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

/** Return the text's begin, which ends with a word; a short text as it is. */
export function beginOf(text: string): string {
  if (text.length <= TEXT_CHARS) return text;
  const begin = text.slice(0, TEXT_CHARS);
  return `${begin.slice(0, Math.max(begin.lastIndexOf(" "), 0) || TEXT_CHARS).replace(/[\s,;:.–-]+$/u, "")} …`;
}

export function Peek({ lang, lt, item, name, onAnswer, onLater }: PeekProps) {
  const text = ownWords(item.text) || lt.newAnswer;
  const begin = beginOf(text);
  return (
    <Beside label={lt.newAnswer} name="peek" onLater={onLater}>
      {(later) => (
        <>
          <Avatar name={name} id={item.sender} />
          <div>
            <p role="status">
              <strong>{name}</strong>{" "}
              <span class="wl-muted wl-time">{Date.now() - item.at < 60_000 ? lt.justNow : clock(lang, item.at)}</span>
              <span class="wl-peek-text" dir="auto" aria-hidden={begin !== text}>
                {begin}
              </span>
              {begin !== text && <span class="wl-hidden">{text}</span>}
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
