import { type ComponentChildren, createContext, type Ref } from "preact";
import { useContext, useId, useLayoutEffect, useRef, useState } from "preact/hooks";

import type { Translated } from "../../protocol/translated.ts";
import { Button } from "../../ui/button.tsx";
import { capital, languageName } from "../../ui/format.ts";
import { LANGS, type Lang } from "../../ui/messages.ts";
import type { PageTexts } from "../../ui/page-messages.ts";
import { attributesText, parseAttributes } from "../attributes.ts";
import { StepSign, Steps } from "../steps.tsx";
import { Picture } from "./page-icon.tsx";

/** Whether the agent may change the form's values. */
export const Editable = createContext(true);
export const EditableProvider = Editable.Provider;

const FIRST = "input, select, textarea, .wl-kind";
const PAGE_BUTTON = ":is(.wl-page-head, .wl-nothing) .wl-button-primary";

/**
 * Focus the first field of what was opened, and when that is gone what opened it. A form may replace its button: then the
 * focus would be nowhere, and the button that returns is another element.
 *
 * Returns: a ref for the form, or for its first field. Args: isOpened: false for a form that was there before.
 */
export function useOpened<E extends HTMLElement>(isOpened = true) {
  const opened = useRef<E>(null);
  const [opener] = useState(() => document.activeElement);
  useLayoutEffect(() => {
    if (!isOpened) return undefined;
    const first = opened.current?.matches(FIRST) ? opened.current : opened.current?.querySelector<HTMLElement>(FIRST);
    first?.focus();
    return () =>
      queueMicrotask(() => {
        if (document.activeElement !== document.body) return;
        const isThere = opener instanceof HTMLButtonElement && opener.isConnected;
        (isThere ? opener : document.querySelector<HTMLElement>(PAGE_BUTTON))?.focus();
      });
  }, []);
  return opened;
}

export interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: string;
  readonly error?: string;
  readonly rows?: number;
  readonly type?: "text" | "number";
  readonly inputMode?: "numeric";
  readonly inputRef?: Ref<HTMLInputElement>;
  readonly onBlur?: () => void;
  /** Stands in the field's end, such as a button. */
  readonly beside?: ComponentChildren;
  readonly maxLength?: number;
  /** The field may not be empty: the error that says so, and the hint follows it. */
  readonly required?: string;
  /** What an empty field means; never its name. */
  readonly placeholder?: string;
  readonly lang?: string;
  readonly testId?: string;
  /** The id of a list of proposals. */
  readonly list?: string;
}

/** Return whether an element of a form keeps it from being sent. */
const isRefused = (element: Element): boolean =>
  (element as Partial<HTMLInputElement>).validity?.valid === false && (element as HTMLInputElement).willValidate;

/** Show a labelled field with its hint, or with an error in its place. */
export function Field(props: FieldProps) {
  const {
    label,
    onInput,
    hint,
    error: given,
    rows,
    type = "text",
    testId,
    inputRef,
    beside,
    required,
    ...input
  } = props;
  const id = useId();
  const { value } = input;
  const [refused, setRefused] = useState<{ readonly says: string; readonly value: string } | null>(null);
  const error = given || (refused?.value === value ? refused.says : "");
  // In place of the browser's own bubble, which speaks the browser's language. A cancelled event moves no focus.
  const refuse = (event: { readonly currentTarget: HTMLInputElement | HTMLTextAreaElement } & Event): void => {
    event.preventDefault();
    const field = event.currentTarget;
    const isMissing = field.validity.valueMissing && required;
    setRefused({ says: isMissing ? [required, hint].filter(Boolean).join(" ") : field.validationMessage, value });
    field.closest("details")?.setAttribute("open", "");
    if ([...(field.form?.elements ?? [])].find(isRefused) === field) field.focus();
  };
  const common = {
    class: "wl-input",
    disabled: !useContext(Editable),
    ...input,
    ...(testId ? { "data-testid": testId } : {}),
    id,
    ...(error || hint ? { "aria-describedby": `${id}-hint` } : {}),
    ...(error ? { "aria-invalid": true } : {}),
    required: required !== undefined,
    onInvalid: refuse,
    onInput: (event: { readonly currentTarget: { readonly value: string } }) => onInput(event.currentTarget.value),
  };
  // Preact has a type for each kind of input.
  const line = (
    <input
      {...common}
      {...(inputRef ? { ref: inputRef } : {})}
      type={type as "text"}
      spellcheck={false}
      autocomplete="off"
    />
  );
  return (
    <div class="wl-field">
      <label class="wl-field-label" for={id}>
        {label}
      </label>
      {rows ? (
        <textarea {...common} rows={rows} />
      ) : beside ? (
        <div class="wl-input-beside">
          {line}
          {beside}
        </div>
      ) : (
        line
      )}
      {error ? (
        <p class="wl-field-error" id={`${id}-hint`}>
          <Picture name="warning" small />
          {error}
        </p>
      ) : (
        hint && (
          <p class="wl-hint" id={`${id}-hint`}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}

interface ParsedFieldProps<T> extends Omit<FieldProps, "value" | "onInput" | "error"> {
  readonly value: string;
  /** Return the value of a text, or undefined for a wrong one. */
  readonly parse: (text: string) => T | undefined;
  readonly wrong: string;
  readonly onChange: (value: T) => void;
}

/** Edit a value as text. A wrong text stays in the field with an error and changes nothing. */
export function ParsedField<T>({ value, hint = "", parse, wrong, onChange, ...field }: ParsedFieldProps<T>) {
  const [text, setText] = useState<string | null>(null);
  return (
    <Field
      {...field}
      value={text ?? value}
      hint={hint}
      error={text !== null && parse(text) === undefined ? wrong : ""}
      onInput={(typed) => {
        setText(typed);
        const parsed = parse(typed);
        if (parsed !== undefined) onChange(parsed);
      }}
    />
  );
}

interface AttributesFieldProps {
  readonly t: Pick<PageTexts, "attributesWrong">;
  readonly label: string;
  readonly hint: string;
  readonly value: readonly string[];
  readonly onChange: (value: readonly string[]) => void;
}

/** Show a field for attributes, one on each line. */
export const AttributesField = ({ t, value, ...field }: AttributesFieldProps) => (
  <ParsedField {...field} rows={2} value={attributesText(value)} parse={parseAttributes} wrong={t.attributesWrong} />
);

/** Show the button that removes an item of a setting. */
export const RemoveItem = ({ t, remove }: { readonly t: Pick<PageTexts, "remove">; readonly remove: () => void }) => (
  <IfEditable>
    <div class="wl-inline">
      <Button kind="bad" onClick={remove}>
        {t.remove}
      </Button>
    </div>
  </IfEditable>
);

interface LanguageStepsProps {
  readonly t: Pick<PageTexts, "textsLanguage">;
  readonly lang: Lang;
  readonly setLang: (lang: Lang) => void;
  readonly hasText: (lang: Lang) => boolean;
}

/** Choose the language that a form shows. Those with a text are marked. */
export const LanguageSteps = ({ t, lang, setLang, hasText }: LanguageStepsProps) => (
  <Steps
    options={LANGS}
    chosen={lang}
    nameOf={(each) => (
      <>
        {capital(languageName(each, each))}
        <StepSign>{hasText(each) && " ✓"}</StepSign>
      </>
    )}
    onChoose={setLang}
    aria-label={t.textsLanguage}
  />
);

interface TranslatedFieldProps extends Omit<LanguageStepsProps, "hasText"> {
  readonly label: string;
  readonly value: Translated;
  readonly onInput: (value: Translated) => void;
  readonly hint: string;
  readonly maxLength?: number;
  /** The test id of the field is this, a hyphen and the language. */
  readonly testId: string;
}

/** Write a text, one language at a time. */
export function TranslatedField({ label, value, onInput, hint, maxLength, testId, ...language }: TranslatedFieldProps) {
  const id = useId();
  const { lang } = language;
  return (
    <div class="wl-field">
      <div class="wl-box-head">
        <span class="wl-field-label" id={id}>
          {label}
        </span>
        <LanguageSteps {...language} hasText={(each) => Boolean(value[each]?.trim())} />
      </div>
      <textarea
        class="wl-input"
        aria-labelledby={id}
        aria-describedby={`${id}-hint`}
        rows={3}
        maxLength={maxLength}
        lang={lang}
        disabled={!useContext(Editable)}
        value={value[lang] ?? ""}
        data-testid={`${testId}-${lang}`}
        onInput={(event) => onInput({ ...value, [lang]: event.currentTarget.value })}
      />
      <p class="wl-hint" id={`${id}-hint`}>
        {hint}
      </p>
    </div>
  );
}

interface CheckProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function Check({ label, checked, onChange }: CheckProps) {
  return (
    <label class="wl-choice">
      <input
        type="checkbox"
        class="wl-checkbox"
        checked={checked}
        disabled={!useContext(Editable)}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

/** Show a switch, for what is on or off at once. Its name is for screen readers: what it switches stands beside it. */
export const Switch = ({ label, checked, onChange }: CheckProps) => (
  <input
    type="checkbox"
    role="switch"
    class="wl-toggle"
    aria-label={label}
    aria-checked={checked}
    checked={checked}
    disabled={!useContext(Editable)}
    onChange={(event) => onChange(event.currentTarget.checked)}
  />
);

interface SelectProps {
  readonly label: string;
  readonly hint?: string;
  /** The value, and its name; the first one is "". */
  readonly choices: readonly (readonly [value: string, name: string])[];
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly testId?: string;
}

export function Select({ label, hint, choices, value, onChange, testId }: SelectProps) {
  return (
    <label class="wl-field">
      <span class="wl-field-label">{label}</span>
      <select
        class="wl-input"
        value={value}
        disabled={!useContext(Editable)}
        {...(testId ? { "data-testid": testId } : {})}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {choices.map(([each, name]) => (
          <option key={each} value={each}>
            {name}
          </option>
        ))}
      </select>
      {hint && <span class="wl-hint">{hint}</span>}
    </label>
  );
}

/** Show fields side by side if there is room. */
export const Pair = ({ children }: { readonly children: ComponentChildren }) => <div class="wl-pair">{children}</div>;

/** Show buttons only to those who may change the form. */
export const IfEditable = ({ children }: { readonly children: ComponentChildren }) =>
  useContext(Editable) ? children : null;
