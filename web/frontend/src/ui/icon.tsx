const PATHS = {
  bolt: "M13 2 5 13h6l-1 9 9-12h-6z",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zm5 11.5L20 20",
  close: "M6 6l12 12M18 6 6 18",
  down: "M7 10l5 5 5-5",
  back: "M15 5l-7 7 7 7",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20c.8-3.4 3.8-5 7.5-5s6.700 1.600 7.500 5",
  note: "M5 4h14v11l-5 5H5zM14 20v-5h5",
  arrowDown: "M12 5v14m-6-6 6 6 6-6",
  keyboard: "M3 7h18v10H3zM7 11h.01M11 11h.01M15 11h.01M8 14h8",
  check: "M5 12.500l4.500 4.500L19 7.500",
} as const;

export type IconName = keyof typeof PATHS;

/** A line drawing in the text's colour; silent, the words stand beside it or on its button. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      class="wl-icon"
      viewBox="0 0 24 24"
      fill={name === "bolt" ? "currentColor" : "none"}
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
