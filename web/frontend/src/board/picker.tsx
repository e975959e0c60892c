import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useEffect, useId, useLayoutEffect, useState } from "preact/hooks";

import { Avatar } from "../ui/avatar.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { personClass } from "../ui/person.ts";
import { composerBox } from "./focus.ts";
import { useModal } from "./modal.ts";
import { Picture, type PictureName } from "./pages/page-icon.tsx";

export interface Choice {
  readonly key: string;
  readonly label: string;
  /** Shown at the end of the line: what kind it is, or a value. */
  readonly hint?: string;
  /** Shown below the label, in a picker: its first words. */
  readonly below?: string;
  /** The heading that it stands below, in a picker. */
  readonly group?: string;
  /** In a menu, the key that chooses it; else the key that does the same. */
  readonly hotkey?: string;
  /** Drawn before the label. */
  readonly icon?: IconName;
  /** A page's picture, drawn before the label in a picker. */
  readonly picture?: PictureName;
  /** Whose face is drawn before the label. */
  readonly face?: { readonly id: string; readonly name: string };
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
  /** It opens above the message field, on a phone at the bottom; else in the middle of the page. */
  readonly isAtField?: boolean;
}

/** Show at most this many choices; more words find the rest. */
const SHOWN = 50;
const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

/** Keep a dialog above the message field, and above a phone's keyboard. Without the field it stays where dialogs are. */
function useAtField(dialog: { readonly current: HTMLDialogElement | null }, isAtField: boolean): void {
  useLayoutEffect(() => {
    if (!isAtField) return undefined;
    const place = (): void => {
      const box = composerBox()?.getBoundingClientRect();
      const view = window.visualViewport;
      dialog.current?.classList.toggle("wl-picker-at", box !== undefined);
      const style = dialog.current?.style;
      style?.setProperty("--wl-at-top", `${box?.top ?? 0}px`);
      style?.setProperty("--wl-at-left", `${box?.left ?? 0}px`);
      style?.setProperty("--wl-at-width", `${box?.width ?? 0}px`);
      style?.setProperty("--wl-keyboard", `${view ? Math.max(0, innerHeight - view.height - view.offsetTop) : 0}px`);
    };
    place();
    const ended = new AbortController();
    const { signal } = ended;
    window.addEventListener("resize", place, { signal });
    window.visualViewport?.addEventListener("resize", place, { signal });
    return () => ended.abort();
  }, []);
}

interface Group {
  readonly name: string | undefined;
  readonly items: (readonly [place: number, choice: Choice])[];
}

/** Return the choices below their headings, each with its place in the list. */
function groupsOf(choices: readonly Choice[]): readonly Group[] {
  const groups: Group[] = [];
  for (const [place, choice] of choices.entries()) {
    const last = groups.at(-1);
    if (last && last.name === choice.group) last.items.push([place, choice]);
    else groups.push({ name: choice.group, items: [[place, choice]] });
  }
  return groups;
}

/** Draw what a choice is about: a person's face, an icon, or a page's picture. */
function Mark({ choice: { face, icon, picture } }: { readonly choice: Choice }) {
  if (face)
    return (
      <span class={`wl-face ${personClass(face.id)}`}>
        <Avatar {...face} small />
      </span>
    );
  return icon ? <Icon name={icon} /> : picture ? <Picture name={picture} /> : null;
}

/** Choose from a list by typing, arrows and Enter. The browser returns the focus when the dialog closes. */
export function Picker(props: PickerProps) {
  const { label, placeholder, choices, onText, nothing, onClose, testId, isAtField = false } = props;
  const dialog = useModal();
  useAtField(dialog, isAtField);
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
      <div class="wl-picker-head">
        <Icon name="search" />
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
        <kbd class="wl-key" aria-hidden="true">
          Esc
        </kbd>
      </div>
      <div id={list} role="listbox" aria-label={label} class="wl-picker-list" tabIndex={-1}>
        {groupsOf(shown).map(({ name, items }) => (
          <div key={items[0]?.[1].key} role={name ? "group" : "presentation"} aria-label={name}>
            {name && (
              <div class="wl-picker-group" aria-hidden="true">
                {name}
              </div>
            )}
            {items.map(([number, choice]) => (
              <div
                key={choice.key}
                id={`${list}-${number}`}
                role="option"
                aria-selected={number === place}
                class="wl-picker-item"
                onPointerMove={() => setAt(number)}
                onClick={() => choose(choice)}
              >
                <Mark choice={choice} />
                <span class="wl-picker-words">
                  <span class="wl-picker-label">{choice.label}</span>{" "}
                  {choice.below && <span class="wl-picker-below">{choice.below}</span>}
                </span>
                {choice.hint && <span class="wl-picker-hint">{choice.hint}</span>}
                {choice.hotkey && (
                  <kbd class="wl-key" aria-hidden="true">
                    {choice.hotkey}
                  </kbd>
                )}
              </div>
            ))}
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
