export type Here = "online" | "away" | "offline";

interface PresenceDotProps {
  readonly state: Here;
  /** The state in words for screen readers; leave it out when the word is drawn beside. */
  readonly label?: string;
}

/** Show presence: filled when online, a ring otherwise, because colour alone is not enough. */
export function PresenceDot({ state, label }: PresenceDotProps) {
  return (
    <>
      <span class={`wl-dot wl-dot-${state}`} aria-hidden="true" />
      {label && <span class="wl-hidden">{label}</span>}
    </>
  );
}
