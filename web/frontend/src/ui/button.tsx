import type { ButtonHTMLAttributes, ComponentChildren } from "preact";

export type ButtonKind = "plain" | "primary" | "quiet" | "bad";

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "icon"> {
  readonly kind?: ButtonKind;
  /** Only a picture; `label` is then its name. */
  readonly icon?: boolean;
  readonly label?: string;
  /** The keyboard shortcut, drawn small. */
  readonly hotkey?: string;
  readonly children?: ComponentChildren;
}

/** A button: 36 px drawn, 44 px to touch. */
export function Button({ kind = "plain", icon = false, label, hotkey, children, class: extra, ...rest }: ButtonProps) {
  const names = ["wl-button", kind === "plain" ? "" : `wl-button-${kind}`, icon ? "wl-button-icon" : "", extra ?? ""];
  return (
    <button
      type="button"
      {...rest}
      class={names.filter(Boolean).join(" ")}
      aria-label={label}
      title={icon ? label : rest.title}
    >
      {children}
      {__DESK__ && hotkey && (
        <kbd class="wl-key" aria-hidden="true">
          {hotkey}
        </kbd>
      )}
    </button>
  );
}
