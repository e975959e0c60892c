import { useContext, useId, useState } from "preact/hooks";

import type { PageProps } from "../state.ts";
import { Editable } from "./field.tsx";
import { Picture } from "./page-icon.tsx";
import { written } from "./tariff.tsx";

export const WH_PER_KWH = 1000;

/** A number's range, and how the form shows it. */
export interface NumberForm {
  readonly min: number;
  readonly max: number;
  /** How many of the value's units make one that is shown. */
  readonly per?: number;
  readonly isFraction?: boolean;
  /** Whether the field may be empty. */
  readonly isOptional?: boolean;
}

export const ENERGY: NumberForm = { min: 1, max: 1e9, per: WH_PER_KWH };

/** Return the number in a text, null for an empty text that is allowed, undefined for a wrong text. */
function parseNumber(
  text: string,
  { min, max, per = 1, isFraction, isOptional }: NumberForm,
): number | null | undefined {
  if (text.trim() === "") return isOptional ? null : undefined;
  const exact = Number(text.replace(",", ".")) * per;
  const number = isFraction ? exact : Math.round(exact);
  return number >= min && number <= max ? number : undefined;
}

interface InlineNumberProps extends Pick<PageProps, "t"> {
  readonly form: NumberForm;
  readonly label: string;
  readonly value: number | null;
  readonly unit: string;
  readonly onChange: (value: number | null) => void;
}

/** Edit a number within a sentence. A wrong one stays in the field, is marked, and changes nothing. */
export function InlineNumber({ t, form, label, value, unit, onChange }: InlineNumberProps) {
  const id = useId();
  const [text, setText] = useState<string | null>(null);
  const isEditable = useContext(Editable);
  const shown = text ?? written(value && value / (form.per ?? 1), t.lang);
  const isWrong = text !== null && parseNumber(text, form) === undefined;
  return (
    <>
      <span class="wl-inline-number">
        <input
          inputMode="decimal"
          aria-label={label}
          aria-invalid={isWrong}
          aria-describedby={isWrong ? id : undefined}
          size={Math.max(2, shown.length)}
          placeholder={form.isOptional ? "–" : ""}
          disabled={!isEditable}
          value={shown}
          autocomplete="off"
          onInput={(event) => {
            const typed = event.currentTarget.value;
            setText(typed);
            const parsed = parseNumber(typed, form);
            if (parsed !== undefined) onChange(parsed);
          }}
          // A switch, a colleague or a removed row changes the value; a typed text would hide it.
          onBlur={() => !isWrong && setText(null)}
        />
        <span>{unit}</span>
      </span>
      {isWrong && (
        <span class="wl-field-error" id={id}>
          <Picture name="warning" small />
          {t.alarmRange(written(form.min / (form.per ?? 1), t.lang), t.count(form.max / (form.per ?? 1)))}
        </span>
      )}
    </>
  );
}
