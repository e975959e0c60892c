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
/** What is never covered: text in drawings, the page's head, its controls, and what it marks. */
const KEPT = "svg text, [data-wattline-chart], body > header, body :is(button, input, select, summary)";
/** The best first; then there is one at which it may cover something, or is hidden: the launcher has its count. */
const PLACES = ["above", "beside", "higher"];

/** Keep the frame where it covers nothing of that, while the page scrolls and changes; return how to stop. */
function keepClear(frame: HTMLElement, isQuestion = false): () => void {
  const root = frame.getRootNode() as ParentNode & Partial<ShadowRoot>;
  const launchers = root.querySelectorAll(".wl-launcher");
  // The page may make room at its end.
  root.host?.toggleAttribute("data-peek", true);
  const place = (): void => {
    due = 0;
    const kept = [...document.querySelectorAll(KEPT), ...launchers]
      .filter((each) => each.checkVisibility?.() ?? true) // those of a closed table have a box
      .map((each) => each.getBoundingClientRect());
    const covered = (): DOMRect | undefined => {
      const own = frame.getBoundingClientRect();
      return kept.find(
        ({ left, right, top, bottom }) =>
          right > left && left < own.right && right > own.left && top < own.bottom && bottom > own.top,
      );
    };
    [...PLACES, isQuestion ? "above" : "nowhere"].some((at) => {
      frame.dataset.at = at;
      frame.style.insetBlockEnd = "";
      let box = covered();
      const height = frame.offsetHeight;
      // From the launcher up to the first free place on the screen; farther away an answer is not seen to belong to it.
      const top = isQuestion ? 0 : (launchers[0]?.getBoundingClientRect().top ?? innerHeight);
      const highest = Math.max(height, top - height) + GAP_PX;
      for (; at === "higher" && box && box.top > highest; box = covered())
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
  const moves = ["scroll", "resize"];
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

export function Peek({ lang, lt, item, name, onAnswer, onLater }: PeekProps) {
  return (
    <Beside label={lt.newAnswer} name="peek" onLater={onLater}>
      {(later) => (
        <>
          <Avatar name={name} id={item.sender} />
          <div>
            <p role="status">
              <strong>{name}</strong>{" "}
              <span class="wl-muted wl-time">{Date.now() - item.at < 60_000 ? lt.justNow : clock(lang, item.at)}</span>
              <span class="wl-peek-text" dir="auto">
                {ownWords(item.text) || lt.newAnswer}
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
