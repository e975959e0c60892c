import type { Page } from "../route.ts";

/** Line drawings on a grid of 20 px. */
const PATHS = {
  agents:
    "M7.5 4.8a2.700 2.700 0 1 0 0 5.400 2.700 2.700 0 0 0 0-5.400zM2.500 16c.5-2.800 2.500-4.200 5-4.200s4.500 1.400 5 4.200M13 5.200a2.500 2.500 0 0 1 0 4.700M14.500 12.100c1.700.5 2.700 1.800 3 3.900",
  alarms: "M5 8.500a5 5 0 0 1 10 0c0 4 1.500 5 1.500 5h-13S5 12.500 5 8.500zM8.300 16.500a1.900 1.900 0 0 0 3.400 0",
  answers:
    "M7 7h6a3 3 0 0 1 3 3v3a3 3 0 0 1-3 3H7a3 3 0 0 1-3-3v-3a3 3 0 0 1 3-3zM10 7V3.500M8 11v1M12 11v1M2.500 11v2M17.500 11v2",
  branding:
    "M10 3a7 7 0 1 0 0 14c1.200 0 1.600-.9 1.300-1.700-.5-1.300.2-2.300 1.600-2.300H14a3 3 0 0 0 3-3c0-4-3.200-7-7-7zM6.500 10v.1M8 6.700v.1M12 6.700v.1",
  canned: "M3 5h14M3 9h7M3 13h5M14 8.500l-3 4.500h3l-.5 4 3.500-5h-3z",
  devices:
    "M6.500 3h7a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM7.500 6.500h5v3h-5zM10 13.500v.1",
  hours: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l2.600 1.800",
  outage: "M7 3v3.500M13 3v3.500M5 6.500h10v3a5 5 0 0 1-10 0zM10 14.500V18M3 17 17 3",
  reports: "M3 17h14M5.500 14V9.500M10 14V4M14.500 14V7",
  portal: "m7 6-4 4 4 4M13 6l4 4-4 4",
  start: "M5 17V3.500h9l-1.500 3.300L14 10H5",
  add: "M10 4v12M4 10h12",
  check: "m4.500 10.500 3.700 3.700 7.300-8",
  close: "m5.500 5.500 9 9M14.500 5.500l-9 9",
  download: "M10 3.500v9M6 9l4 4 4-4M4 16.500h12",
  down: "m5.500 8 4.500 4.500L14.500 8",
  up: "m5.500 12 4.500-4.500L14.500 12",
  right: "M8 5.500 12.500 10 8 14.500",
  warning: "M10 3.500 2.800 16h14.400zM10 8.500v3.200M10 13.800v.1",
  chat: "M4.500 4h11A1.500 1.500 0 0 1 17 5.500v7a1.500 1.500 0 0 1-1.500 1.500H9l-4 3v-3h-.5A1.500 1.500 0 0 1 3 12.500v-7A1.500 1.500 0 0 1 4.500 4z",
  question: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM8 8a2 2 0 1 1 2.800 1.800c-.6.300-.8.700-.8 1.400M10 13.600v.1",
  bolt: "M11 2 4 11.500h4.500L8.500 18 16 8.200h-5z",
  search: "M9 3.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11zM13.200 13.200l3.800 3.800",
  place:
    "M10 17s5.500-4.800 5.500-9a5.500 5.500 0 0 0-11 0c0 4.200 5.500 9 5.500 9zM10 6.100a1.900 1.900 0 1 0 0 3.800 1.900 1.900 0 0 0 0-3.800z",
} as const satisfies Readonly<Record<Page | string, string>>;

export type PictureName = keyof typeof PATHS;

/** A line drawing in the text's colour, hidden from screen readers: a text stands beside it. */
export const Picture = ({ name, small = false }: { readonly name: PictureName; readonly small?: boolean }) => (
  <svg class={small ? "wl-glyph wl-glyph-small" : "wl-glyph"} viewBox="0 0 20 20" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
