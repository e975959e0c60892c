import type { ComponentChildren } from "preact";

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: string;
  readonly error?: string;
  readonly disabled?: boolean;
  readonly rows?: number;
  readonly type?: "text" | "date" | "number";
  readonly maxLength?: number;
  readonly required?: boolean;
  readonly lang?: string;
  readonly testId?: string;
}

/** Preact has one shape of input for each type. */
const asked = (type: "text" | "date" | "number") => ({ type }) as { readonly type: "text" };

/** A labelled field, its hint, and what is wrong with it in words. */
export function Field({
  label,
  value,
  onInput,
  hint,
  error,
  disabled = false,
  rows,
  type = "text",
  maxLength,
  required,
  lang,
  testId,
}: FieldProps) {
  const common = {
    class: "wl-input",
    value,
    disabled,
    ...(lang ? { lang } : {}),
    ...(required ? { required } : {}),
    ...(maxLength ? { maxLength } : {}),
    ...(testId ? { "data-testid": testId } : {}),
    ...(error ? { "aria-invalid": true } : {}),
  };
  return (
    <label class="wl-field">
      <span class="wl-field-label">{label}</span>
      {rows ? (
        <textarea {...common} rows={rows} onInput={(event) => onInput(event.currentTarget.value)} />
      ) : (
        <input
          {...common}
          {...asked(type)}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
      {error ? <span class="wl-bad">{error}</span> : hint && <span class="wl-muted">{hint}</span>}
    </label>
  );
}

interface CheckProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly disabled?: boolean;
}

export function Check({ label, checked, onChange, disabled = false }: CheckProps) {
  return (
    <label class="wl-check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

/** Fields side by side where there is room. */
export const Pair = ({ children }: { readonly children: ComponentChildren }) => <div class="wl-pair">{children}</div>;
