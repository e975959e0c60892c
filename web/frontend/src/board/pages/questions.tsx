import { useContext, useEffect, useRef, useState } from "preact/hooks";

import { Button } from "../../ui/button.tsx";
import type { Lang } from "../../ui/messages.ts";
import type { PageProps } from "../state.ts";
import { Editable, IfEditable } from "./field.tsx";
import { Picture } from "./page-icon.tsx";
import { replaced, without } from "./setting.tsx";

/** As the contract's MAX_QUESTIONS: as many as the chat shows. */
const MOST_QUESTIONS = 3;
const STEPS = { up: -1, down: 1 } as const;
type Way = keyof typeof STEPS;

interface QuestionsProps {
  readonly t: PageProps["t"];
  readonly lang: Lang;
  readonly asked: readonly string[];
  readonly put: (asked: readonly string[]) => void;
  /** What the chat shows where none is written; empty: only the preview has it. */
  readonly own: string;
}

/** Edit the questions that the chat proposes, and their order. Focus follows what was added, removed or moved. */
export function Questions({ t, lang, asked, put, own }: QuestionsProps) {
  const isEditable = useContext(Editable);
  const group = useRef<HTMLDivElement>(null);
  /** Where the focus goes: the place of a question, and the button that moved it. */
  const [next, setNext] = useState<{ readonly place: number; readonly way?: Way } | null>(null);
  const [moved, setMoved] = useState("");
  const go = (questions: readonly string[], place: number): void => {
    put(questions);
    setNext({ place });
    setMoved("");
  };
  const move = (place: number, way: Way): void => {
    const to = place + STEPS[way];
    put(replaced(replaced(asked, to, asked[place] as string), place, asked[to] as string));
    setNext({ place: to, way });
    setMoved(t.questionMoved(to + 1, asked.length));
  };
  useEffect(() => {
    if (next === null) return;
    const rows = [...(group.current?.querySelectorAll(".wl-question") ?? [])];
    const row = rows[Math.min(next.place, rows.length - 1)];
    // At the list's end the button that moved it is off: the other one is beside it.
    const wanted = next.way ? [`[data-way=${next.way}]:not([disabled])`, "[data-way]:not([disabled])"] : ["input"];
    const found = wanted.map((each) => row?.querySelector<HTMLElement>(each)).find(Boolean);
    (found ?? group.current?.querySelector("button"))?.focus();
    setNext(null);
  }, [next]);
  const nameOf = (place: number): string => asked[place] || `${t.brandingQuestion} ${place + 1}`;
  return (
    <div ref={group} class="wl-field" role="group" aria-label={t.brandingQuestions}>
      <span class="wl-field-label">{t.brandingQuestions}</span>
      {asked.map((question, place) => (
        <div key={place} class="wl-question">
          <input
            class="wl-input"
            aria-label={`${t.brandingQuestion} ${place + 1}`}
            lang={lang}
            maxLength={200}
            disabled={!isEditable}
            value={question}
            onInput={(event) => put(replaced(asked, place, event.currentTarget.value))}
          />
          <IfEditable>
            <span>
              {asked.length > 1 &&
                (["up", "down"] as const).map((way) => (
                  <Button
                    key={way}
                    kind="quiet"
                    icon
                    label={{ up: t.questionUp, down: t.questionDown }[way](nameOf(place))}
                    disabled={asked[place + STEPS[way]] === undefined}
                    data-way={way}
                    onClick={() => move(place, way)}
                  >
                    <Picture name={way} small />
                  </Button>
                ))}
              <Button
                kind="quiet"
                icon
                label={t.removeText(nameOf(place))}
                onClick={() => go(without(asked, place), place)}
              >
                <Picture name="close" small />
              </Button>
            </span>
          </IfEditable>
        </div>
      ))}
      <span class="wl-hidden" role="status">
        {moved}
      </span>
      {!asked.some((question) => question.trim()) && (
        <p class="wl-hint">
          {own ? (
            <span>
              {t.brandingQuestionsOwn} <span lang={lang}>{own}</span>
            </span>
          ) : (
            t.brandingQuestionsInPreview
          )}
        </p>
      )}
      {asked.length >= MOST_QUESTIONS && <p class="wl-hint">{t.questionsMost(MOST_QUESTIONS)}</p>}
      {asked.length < MOST_QUESTIONS && (
        <IfEditable>
          <span>
            <Button data-testid="question-add" onClick={() => go([...asked, ""], asked.length)}>
              <Picture name="add" small />
              {t.brandingQuestionAdd}
            </Button>
          </span>
        </IfEditable>
      )}
    </div>
  );
}
