import { ARROW_DOWN, BOLT, CLIP, CLOSE, Drawing } from "./drawing.tsx";

const PATHS = {
  bolt: BOLT,
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zm5 11.5L20 20",
  clip: CLIP,
  close: CLOSE,
  down: "M7 10l5 5 5-5",
  back: "M15 5l-7 7 7 7",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20c.8-3.4 3.8-5 7.5-5s6.700 1.600 7.500 5",
  note: "M5 4h14v11l-5 5H5zM14 20v-5h5",
  arrowDown: ARROW_DOWN,
  keyboard: "M3 7h18v10H3zM7 11h.01M11 11h.01M15 11h.01M8 14h8",
  check: "M5 12.500l4.500 4.500L19 7.500",
} as const;

export type IconName = keyof typeof PATHS;

/** The board's drawings, by name. */
export function Icon({ name }: { readonly name: IconName }) {
  return <Drawing path={PATHS[name]} filled={name === "bolt"} />;
}
