/** A line drawing on a grid of 20 px in the text's colour, hidden from screen readers: a text stands beside it. */
export function Drawing({ path }: { readonly path: string }) {
  return (
    <svg class="wl-icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}

/** Drawings that the widget has too; icon.tsx has the others, so that the widget does not carry them. */
export const ARROW_DOWN = "M10 4v11.5M5 11l5 5 5-5";
export const ARROW_UP = "M10 16V4.5M5 9l5-5 5 5";
export const BACK = "M12 5.5 7.5 10l4.5 4.5";
export const BARS = "M4 16v-4M8 16V8M12 16V4M16 16v-6";
export const BELL = "M5 14h10l-1.200-2V9a3.800 3.800 0 0 0-7.600 0v3zM8.500 16.500h3";
export const CHECK = "m4 10.5 3.5 3.5L15 6";
export const CHECKS = "m1.5 10.5 3.5 3.5L12 6M9.5 13.5l.5.5L17.5 6";
export const CLIP =
  "m15.5 9.5-5.7 5.7a3.5 3.5 0 0 1-5-5L11 4a2.4 2.4 0 0 1 3.4 3.4l-6.1 6.1a1.2 1.2 0 0 1-1.7-1.7L12 6.4";
export const CLOCK = "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l2.6 1.8";
export const CLOSE = "m5.5 5.5 9 9M14.5 5.5l-9 9";
export const DOWNLOAD = "M10 3.5v9M6 9l4 4 4-4M4 16.5h12";
export const MAIL = "M3.5 5h13v10h-13zM3.500 6l6.500 5 6.500-5";
export const NEXT = "M8 5.5 12.5 10 8 14.5";
export const OFFLINE = "M3 3l14 14M3 8a10 10 0 0 1 4-2M11 5a10 10 0 0 1 6 3M6 12a6 6 0 0 1 4-2M10 15v.1";
export const OUTAGE = "M7 3v3.5M13 3v3.5M5 6.5h10v3a5 5 0 0 1-5 5 5 5 0 0 1-5-5zM10 14.5V18M3 17 17 3";
export const ROBOT =
  "M7 7h6a3 3 0 0 1 3 3v3a3 3 0 0 1-3 3H7a3 3 0 0 1-3-3v-3a3 3 0 0 1 3-3zM10 7V4M8 11v1M12 11v1M2.5 11v2M17.5 11v2";
export const SOUND = "M4 8v4h3l4 3.500V4.500L7 8zM14 7.500a4 4 0 0 1 0 5";
export const WARNING = "M10 3.5 2.8 16h14.4zM10 8.5v3.2M10 13.8v.1";
