import type { ComponentChildren, Ref, TargetedKeyboardEvent } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

import { countCharacters, MAX_TEXT } from "../protocol/checks.ts";
import { Button } from "./button.tsx";
import { ARROW_UP, Drawing } from "./drawing.tsx";
import type { Texts } from "./messages.ts";

/** From this length on the counter is shown. */
const COUNT_FROM = MAX_TEXT - 200;

interface ComposerProps {
  readonly t: Texts;
  readonly draft: string;
  readonly onInput: (text: string) => void;
  /** Gets a text that is not empty and not too long; empty only with `sendsEmpty`. */
  readonly onSend: (text: string) => void;
  readonly label?: string;
  readonly placeholder?: string;
  readonly sendLabel?: string;
  readonly disabled?: boolean;
  /** The desk's; a note looks different, so that nobody sends one by mistake. */
  readonly tone?: "reply" | "note";
  readonly fieldRef?: Ref<HTMLTextAreaElement>;
  readonly above?: ComponentChildren;
  /** In the box, above the field: the choice of reply or note. */
  readonly head?: ComponentChildren;
  readonly tools?: ComponentChildren;
  /** At the Send button: what else can follow the words. */
  readonly beside?: ComponentChildren;
  readonly showKept?: boolean;
  /** Something is attached that needs no text. */
  readonly sendsEmpty?: boolean;
}

type Fit = { readonly left: number; readonly counts: boolean; readonly over: boolean; readonly empty: boolean };

/** Return how a text fits the limit. Spaces alone count as empty. */
export function fit(text: string): Fit {
  const length = text.length < COUNT_FROM ? text.length : countCharacters(text);
  return { left: MAX_TEXT - length, counts: length >= COUNT_FROM, over: length > MAX_TEXT, empty: text.trim() === "" };
}

/** Remove control characters, which come with a paste; the contract allows newline and tab. */
export const withoutControls = (text: string): string => text.replace(/\r\n?/g, "\n").replace(/[^\P{Cc}\n\t]/gu, "");

/** Return whether the key sends: Enter does; Shift+Enter and an input method's Enter do not. */
export const sends = (event: Pick<KeyboardEvent, "key" | "shiftKey" | "altKey" | "isComposing">): boolean =>
  event.key === "Enter" && !event.shiftKey && !event.altKey && !event.isComposing;

/** On a phone Enter makes a new line. */
const onPhone = typeof matchMedia === "function" && matchMedia("(pointer: coarse)").matches;

/** The message field: grows to six lines, counts near the limit, and keeps a text that cannot be sent. */
export function Composer(props: ComposerProps) {
  const { t, draft, tone, disabled = false } = props;
  const isDesk = __DESK__ && tone !== undefined;
  const own = useRef<HTMLTextAreaElement>(null);
  const state = fit(draft);
  const blocked = disabled || (state.empty && !props.sendsEmpty) || state.over;

  useLayoutEffect(() => {
    const field = own.current;
    if (!field) return;
    field.style.blockSize = "auto";
    // scrollHeight has no borders.
    const borders = field.offsetHeight - field.clientHeight;
    field.style.blockSize = `${field.scrollHeight + borders}px`;
  }, [draft, tone]);

  const send = (): void => {
    if (blocked) return;
    props.onSend(withoutControls(draft).trim());
    own.current?.focus({ preventScroll: true });
  };

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>): void => {
    if (onPhone || !sends(event)) return;
    event.preventDefault();
    send();
  };

  const take = (field: HTMLTextAreaElement | null): void => {
    own.current = field;
    if (typeof props.fieldRef === "function") props.fieldRef(field);
    else if (props.fieldRef) props.fieldRef.current = field;
  };

  const hint = state.over ? t.tooLong(-state.left) : state.counts ? t.left(state.left) : "";
  const hintLine = (
    <span class={state.over ? "wl-composer-hint wl-composer-over" : "wl-composer-hint"} role="status">
      {hint || (__DESK__ && props.showKept && !state.empty ? t.draftKept : "")}
    </span>
  );
  return (
    <form
      class={isDesk ? `wl-composer wl-composer-${tone}` : "wl-composer"}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {props.above}
      <div class="wl-composer-box">
        {isDesk && props.head}
        <textarea
          ref={take}
          class="wl-composer-field"
          rows={1}
          value={draft}
          disabled={disabled}
          aria-label={props.label ?? t.write}
          aria-invalid={state.over}
          placeholder={props.placeholder ?? t.write}
          enterkeyhint={onPhone ? "enter" : "send"}
          onInput={(event) => props.onInput(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <div class="wl-composer-row">
          {props.tools}
          {isDesk ? (
            <>
              {hintLine}
              <Button kind="primary" type="submit" class="wl-send" disabled={blocked}>
                <span class="wl-send-word">{props.sendLabel || t.send}</span>
                <Drawing path={ARROW_UP} />
              </Button>
              {props.beside}
            </>
          ) : (
            <Button kind="primary" type="submit" icon label={t.send} disabled={blocked}>
              <Drawing path={ARROW_UP} />
            </Button>
          )}
        </div>
      </div>
      {!isDesk && hintLine}
    </form>
  );
}
