import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useEffect, useId, useState } from "preact/hooks";

import type { IconName } from "../ui/icon.tsx";
import { useModal } from "./modal.ts";

export interface Choice {
  readonly key: string;
  readonly label: string;
  /** Shown beside the label: what kind it is, or its first words. */
  readonly hint?: string;
  /** In a menu, the key that chooses it; else the key that does the same. */
  readonly hotkey?: string;
  /** Drawn before the label, in a menu. */
  readonly icon?: IconName;
  /** Whether it is the present one of its group, in a menu. */
  readonly checked?: boolean;
  readonly run: () => void;
}

/** A choice of a menu, or a heading over the choices that follow. */
export type MenuItem = Choice | { readonly key: string; readonly label: string; readonly heading: true };

interface PickerProps {
  readonly label: string;
  readonly placeholder: string;
  /** Return the choices for a typed text, best first. */
  readonly choices: (text: string) => readonly Choice[];
  /** Called with each text that is typed, to ask the server for choices. */
  readonly onText?: (text: string) => void;
  readonly nothing: ComponentChildren;
  readonly onClose: () => void;
  readonly testId: string;
}

/** Show at most this many choices; more words find the rest. */
const SHOWN = 50;
const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

/** Choose from a list by typing, arrows and Enter. The browser returns the focus when the dialog closes. */
export function Picker({ label, placeholder, choices, onText, nothing, onClose, testId }: PickerProps) {
  const dialog = useModal();
  const list = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const shown = choices(text).slice(0, SHOWN);
  const place = Math.min(at, Math.max(0, shown.length - 1));

  useEffect(() => {
    dialog.current?.querySelector("[aria-selected='true']")?.scrollIntoView({ block: "nearest" });
  }, [place, text]);

  const choose = (choice: Choice | undefined): void => {
    if (!choice) return;
    dialog.current?.close();
    choice.run();
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLInputElement>): void => {
    const step = STEPS[event.key];
    if (step === undefined && (event.key !== "Enter" || event.isComposing)) return;
    event.preventDefault();
    if (step === undefined) choose(shown[place]);
    else if (shown.length > 0) setAt((place + step + shown.length) % shown.length);
  };
  return (
    <dialog
      ref={dialog}
      class="wl-dialog wl-picker"
      aria-label={label}
      data-testid={testId}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <input
        class="wl-picker-field"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        aria-label={label}
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={shown.length > 0 ? `${list}-${place}` : undefined}
        placeholder={placeholder}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          onText?.(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={list} role="listbox" aria-label={label} class="wl-picker-list" tabIndex={-1}>
        {shown.map((choice, number) => (
          <div
            key={choice.key}
            id={`${list}-${number}`}
            role="option"
            aria-selected={number === place}
            class="wl-picker-item"
            onPointerMove={() => setAt(number)}
            onClick={() => choose(choice)}
          >
            <span class="wl-picker-label">{choice.label}</span>
            {choice.hint && <span class="wl-picker-hint">{choice.hint}</span>}
            {choice.hotkey && (
              <kbd class="wl-key" aria-hidden="true">
                {choice.hotkey}
              </kbd>
            )}
          </div>
        ))}
      </div>
      {shown.length === 0 && (
        <div class="wl-picker-none" role="status">
          {nothing}
        </div>
      )}
    </dialog>
  );
}
