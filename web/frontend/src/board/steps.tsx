import type { ComponentChildren } from "preact";

interface StepsProps<T extends string | number> {
  readonly options: readonly T[];
  readonly chosen: T;
  readonly nameOf: (option: T) => ComponentChildren;
  readonly onChoose: (option: T) => void;
  readonly "aria-label"?: string;
  readonly "aria-labelledby"?: string;
}

/** Show a sign behind an option's name; without one its room is kept, so that nothing moves while somebody types. */
export const StepSign = ({ children }: { readonly children?: ComponentChildren }) => (
  <span class="wl-step-sign">{children}</span>
);

/** Show options as a row of buttons, the chosen one pressed. */
export function Steps<T extends string | number>({ options, chosen, nameOf, onChoose, ...label }: StepsProps<T>) {
  return (
    <div class="wl-steps" role="group" {...label}>
      {options.map((option) => (
        <button
          key={option}
          type="button"
          class="wl-step"
          aria-pressed={option === chosen}
          onClick={() => onChoose(option)}
        >
          {nameOf(option)}
        </button>
      ))}
    </div>
  );
}
