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

/** Drawn on a grid of 20 px. */
const PATHS_20 = {
  inbox:
    "M3 11h4l1.2 2.2h3.6L13 11h4M5.2 4h9.6L17 11v3.500a1.500 1.500 0 0 1-1.500 1.500h-11A1.500 1.500 0 0 1 3 14.500V11z",
  outage: "M7 3v3.500M13 3v3.500M5 6.500h10v3a5 5 0 0 1-10 0zM10 14.500V18M3 17 17 3",
  reports: "M3 17h14M5.500 14V9.500M10 14V4M14.500 14V7",
  people:
    "M4.800 7.500a2.700 2.700 0 1 0 5.400 0a2.700 2.700 0 1 0-5.400 0M2.500 16c.5-2.800 2.500-4.200 5-4.200s4.500 1.400 5 4.200M13 5.200a2.500 2.500 0 0 1 0 4.700M14.500 12.100c1.700.5 2.700 1.800 3 3.900",
  settings: "M3 6h7M14 6h3M3 14h3M10 14h7M10 6a2 2 0 1 0 4 0a2 2 0 1 0-4 0M6 14a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
  help: "M3 10a7 7 0 1 0 14 0a7 7 0 1 0-14 0M8 8a2 2 0 1 1 2.800 1.800c-.6.3-.8.700-.8 1.400M10 13.600v.1",
  clock: "M3 10a7 7 0 1 0 14 0a7 7 0 1 0-14 0M10 6v4l2.600 1.800",
  sort: "M6.500 4v12M3.500 13l3 3 3-3M11.500 5h5M11.500 9h4M11.500 13h3",
  filter: "M3.500 5.500h13M6 10h8M8.500 14.500h3",
  done: "M3 10a7 7 0 1 0 14 0a7 7 0 1 0-14 0m4 .3 2.100 2.100L13.200 8",
  answered: "M8 5 3.500 9.500 8 14M4 9.500h7.500a5 5 0 0 1 5 5v.5",
  alarm: "M5 8.500a5 5 0 0 1 10 0c0 4 1.500 5 1.500 5h-13S5 12.500 5 8.500zM8.300 16.500a1.900 1.900 0 0 0 3.400 0",
  moon: "M16.500 11.800A7 7 0 0 1 8.200 3.500a7 7 0 1 0 8.300 8.300z",
  more: "M4.500 10h.01M10 10h.01M15.500 10h.01",
  tag: "M3.500 3.500h6l7 7-6 6-7-7zM6.800 6.800h.01",
  emoji: "M3 10a7 7 0 1 0 14 0a7 7 0 1 0-14 0m4.300 1.800c1.300 2 4.100 2 5.400 0M7.800 8h.01M12.200 8h.01",
  saved: "M3.500 5h13M3.500 9h9M3.500 13h5M14 10.500 11.500 14h4L13 17.500",
  plus: "M10 4v12M4 10h12",
  lock: "M4.500 11a2 2 0 0 1 2-2h7a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2zM7 9V6.500a3 3 0 0 1 6 0V9",
  send: "M10 16V4.500M5 9l5-5 5 5",
} as const;

export type IconName = keyof typeof PATHS | keyof typeof PATHS_20;

/** The board's drawings, by name. */
export function Icon({ name }: { readonly name: IconName }) {
  return name in PATHS_20 ? (
    <Drawing path={PATHS_20[name as keyof typeof PATHS_20]} grid={20} />
  ) : (
    <Drawing path={PATHS[name as keyof typeof PATHS]} filled={name === "bolt"} />
  );
}
