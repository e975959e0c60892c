import { BARS, BELL, CHECK, CLIP, CLOCK, CLOSE, DOWNLOAD, Drawing, OUTAGE, SOUND, WARNING } from "./drawing.tsx";

/** One family on a grid of 20 px. The widget draws its few from drawing.tsx, so that it does not carry all. */
export const PATHS = {
  inbox: "M3 11h4l1.2 2.2h3.6L13 11h4M5.2 4h9.6L17 11v3.5a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 14.5V11z",
  chat: "M4.5 4h11A1.5 1.5 0 0 1 17 5.5v7a1.5 1.5 0 0 1-1.5 1.5H9l-4 3v-3h-.5A1.5 1.5 0 0 1 3 12.5v-7A1.5 1.5 0 0 1 4.5 4z",
  search: "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13.2 13.2l3.8 3.8",
  person: "M10 3.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4zM4 17c.6-3.2 3-4.8 6-4.8s5.4 1.6 6 4.8",
  people:
    "M7.5 4.8a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4zM2.5 16c.5-2.8 2.5-4.2 5-4.2s4.5 1.4 5 4.2M13 5.2a2.5 2.5 0 0 1 0 4.7M14.5 12.1c1.7.5 2.7 1.8 3 3.9",
  tag: "M3.5 4.5v5l7.3 7.3a1.2 1.2 0 0 0 1.7 0l4.3-4.3a1.2 1.2 0 0 0 0-1.7L9.5 3.5h-5a1 1 0 0 0-1 1zM7 6.1a0.9 0.9 0 1 0 0 1.8 0.9 0.9 0 0 0 0-1.8z",
  clock: CLOCK,
  moon: "M16.5 11.5A6.8 6.8 0 0 1 8.5 3.5a6.8 6.8 0 1 0 8 8z",
  done: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM7 10.3l2.1 2.1L13.2 8",
  warning: WARNING,
  outage: OUTAGE,
  bolt: "M11 2 4 11.5h4.5L8.5 18 16 8.2h-5z",
  meter: "M6.5 3h7a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H6.5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM7.5 6.5h5v3h-5zM10 13.5v.1",
  bars: BARS,
  clip: CLIP,
  at: "M10 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM13 7v4.2a2 2 0 0 0 4 0V10a7 7 0 1 0-2.8 5.6",
  reply: "M8 4.5 3.5 9 8 13.5M3.5 9H12a4.5 4.5 0 0 1 4.5 4.5V16",
  lock: "M6.5 9h7a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2H6.5a2 2 0 0 1-2-2V11a2 2 0 0 1 2-2zM7 9V6.5a3 3 0 0 1 6 0V9",
  palette:
    "M10 3a7 7 0 1 0 0 14c1.2 0 1.6-.9 1.3-1.7-.5-1.3.2-2.3 1.6-2.3H14a3 3 0 0 0 3-3c0-4-3.2-7-7-7zM6.5 10v.1M8 6.7v.1M12 6.7v.1",
  download: DOWNLOAD,
  link: "M8.5 11.5a3 3 0 0 0 4.3 0l2.7-2.7a3 3 0 0 0-4.3-4.3l-.9.9M11.5 8.5a3 3 0 0 0-4.3 0l-2.7 2.7a3 3 0 0 0 4.3 4.3l.9-.9",
  help: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM8 8a2 2 0 1 1 2.8 1.8c-.6.3-.8.7-.8 1.4M10 13.6v.1",
  close: CLOSE,
  down: "M5.5 8 10 12.5 14.5 8",
  back: "M12 5.5 7.5 10l4.5 4.5",
  next: "M8 5.5 12.5 10 8 14.5",
  check: CHECK,
  note: "M4 3.5h12v9L12 16.5H4zM12 16.5v-4h4",
  offline:
    "M3 3l14 14M6 9.5a6.5 6.5 0 0 1 2-1.2M12 8.3a6.6 6.6 0 0 1 2 1.2M3 6.8a11 11 0 0 1 2.5-1.6M9 4.2a11 11 0 0 1 8 2.6M8.3 12.5a2.6 2.6 0 0 1 3.4 0M10 15.5v.1",
  settings: "M3 6h7M14 6h3M3 14h3M10 14h7M10 6a2 2 0 1 0 4 0a2 2 0 1 0-4 0M6 14a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
  smile: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM7 11.8c.7 1 1.8 1.5 3 1.5s2.3-.5 3-1.5M7.6 8v.1M12.4 8v.1",
  quote: "M4 6h5v5.500a3.500 3.500 0 0 1-3.500 3.500M11.500 6h5v5.500A3.500 3.500 0 0 1 13 15",
  plus: "M10 4.500v11M4.500 10h11",
  edit: "M4 16l.8-3.4L13.600 3.800a1.400 1.400 0 0 1 2 0l.6.600a1.400 1.400 0 0 1 0 2L7.400 15.200z",
  trash: "M4 6h12M8 6V4.500h4V6M5.500 6l.7 10h7.600l.7-10M8.500 9v4M11.500 9v4",
  macro: "M3 5h14M3 9h7M3 13h5M14 8.5l-3 4.5h3l-.5 4 3.5-5h-3z",
  dots: "M4.5 9.4a.6.6 0 1 0 0 1.2.6.6 0 0 0 0-1.2zM10 9.4a.6.6 0 1 0 0 1.2.6.6 0 0 0 0-1.2zM15.5 9.4a.6.6 0 1 0 0 1.2.6.6 0 0 0 0-1.2z",
  chart: "M3 17h14M5.5 14V9.5M10 14V4M14.5 14V7",
  sort: "M6.5 4v12M3.5 13l3 3 3-3M11.5 5h5M11.5 9h4M11.5 13h3",
  filter: "M3.5 5.500h13M6 10h8M8.5 14.500h3",
  calendar: "M4.5 4.5h11a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1zM3.5 8.5h13M7 3v3M13 3v3",
  globe: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM3 10h14M10 3c2.5 2 2.5 12 0 14M10 3c-2.5 2-2.5 12 0 14",
  pin: "M10 17.5s5.5-4.6 5.5-8.7a5.5 5.5 0 0 0-11 0c0 4.1 5.5 8.7 5.5 8.7zM10 7a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  send: "M10 16V4M5 9l5-5 5 5",
  out: "M8 4H4.5v12H8M8.5 10H17M13.5 6.500 17 10l-3.500 3.500",
  sound: SOUND,
  bell: BELL,
} as const;

export type IconName = keyof typeof PATHS;

/** The pages' drawings, by name. */
export function Icon({ name }: { readonly name: IconName }) {
  return <Drawing path={PATHS[name]} />;
}

/** Draw what an empty place is about, above its words. */
export const EmptyPicture = ({ name }: { readonly name: IconName }) => (
  <span class="wl-nothing-picture">
    <Icon name={name} />
  </span>
);
