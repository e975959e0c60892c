export type Here = "online" | "away" | "offline";

interface PresenceDotProps {
  readonly state: Here;
  /** The state in words, for screen readers; leave it out where the word is drawn beside the dot. */
  readonly label?: string;
}

/** Filled when online, an open ring otherwise: the shape says it too. */
export function PresenceDot({ state, label }: PresenceDotProps) {
  return (
    <>
      <span class={`wl-dot wl-dot-${state}`} aria-hidden="true" />
      {label && <span class="wl-hidden">{label}</span>}
    </>
  );
}
