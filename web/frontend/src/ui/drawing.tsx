/** A line drawing in the text's colour, hidden from screen readers: a text stands beside it. */
export function Drawing({
  path,
  filled = false,
  grid = 24,
}: {
  readonly path: string;
  readonly filled?: boolean;
  readonly grid?: 20 | 24;
}) {
  return (
    <svg
      class="wl-icon"
      viewBox={`0 0 ${grid} ${grid}`}
      fill={filled ? "currentColor" : "none"}
      stroke="currentColor"
      stroke-width={grid === 20 ? 1.5 : 1.75}
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={path} />
    </svg>
  );
}

/** Drawings of the widget and the board; icon.tsx has the board's own, so that the widget does not carry them. */
export const ARROW_DOWN = "M12 5v14m-6-6 6 6 6-6";
export const BOLT = "M13 2 5 13h6l-1 9 9-12h-6z";
export const CLIP = "M8.500 12.500 14 7a2.800 2.800 0 0 1 4 4l-7.500 7.500a4.600 4.600 0 0 1-6.500-6.500L11 5";
export const CLOSE = "M6 6l12 12M18 6 6 18";
