import { ROBOT } from "../../ui/drawing.tsx";
import { PATHS as ICONS } from "../../ui/icon.tsx";
import type { Page } from "../route.ts";

/** Line drawings on a grid of 20 px: each page's, and what only pages draw. */
const PATHS = {
  agents: ICONS.people,
  alarms: "M5 8.500a5 5 0 0 1 10 0c0 4 1.500 5 1.500 5h-13S5 12.500 5 8.500zM8.300 16.500a1.900 1.900 0 0 0 3.400 0",
  answers: ROBOT,
  branding: ICONS.palette,
  canned: ICONS.macro,
  devices: ICONS.meter,
  keys: "M12.500 3.500a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM9.700 10.300 3.500 16.500M5.500 14.500l2 2M13.500 6.500v.01",
  hours: ICONS.clock,
  outage: ICONS.outage,
  reports: ICONS.chart,
  portal: "m7 6-4 4 4 4M13 6l4 4-4 4",
  outbound: "M17 3 9 11M17 3l-5 14-3-6-6-3z",
  start: "M5 17V3.500h9l-1.500 3.300L14 10H5",
  add: "M10 4v12M4 10h12",
  calendar: ICONS.calendar,
  check: ICONS.check,
  close: ICONS.close,
  download: ICONS.download,
  down: ICONS.down,
  teams:
    "M10 3.5a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6zM5 10.500a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM15 10.500a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM10 8v3M7 12.500h6M2 17.500c.4-1.500 1.500-2.200 3-2.200s2.600.7 3 2.200M12 17.500c.4-1.500 1.500-2.200 3-2.200s2.600.7 3 2.200",
  up: "m5.500 12 4.500-4.500L14.500 12",
  right: ICONS.next,
  list: "M3.500 5h13M3.500 10h13M3.500 15h13",
  lock: ICONS.lock,
  warning: ICONS.warning,
  chat: ICONS.chat,
  question: ICONS.help,
  bolt: ICONS.bolt,
  search: ICONS.search,
  gauge: "M4.200 15A7.500 7.500 0 1 1 15.800 15M10 11.500l3.200-4M10 10a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3z",
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
