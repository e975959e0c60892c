/** Which key does what on the board. Pure: a key press and where it happened in, what to do out. */

export type KeyAction =
  | "next"
  | "previous"
  | "open"
  | "reply"
  | "note"
  | "resolve"
  | "assign"
  | "snooze"
  | "search"
  | "canned"
  | "palette"
  | "help"
  | "back";

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly isComposing: boolean;
  readonly defaultPrevented: boolean;
}

/** Where the press happened: in a field, on a button (Enter is its own), in something that arrows move, or just on the page. */
export type Place = "field" | "button" | "scroller" | "page";

const ACTIONS: Readonly<Record<string, KeyAction>> = {
  j: "next",
  k: "previous",
  ArrowDown: "next",
  ArrowUp: "previous",
  Enter: "open",
  r: "reply",
  n: "note",
  e: "resolve",
  a: "assign",
  s: "snooze",
  "/": "search",
  ";": "canned",
  "?": "help",
  Escape: "back",
};

/** Left to the thing that has the focus. */
const ITS_OWN: Readonly<Record<Place, readonly string[]>> = {
  field: [],
  button: ["Enter"],
  scroller: ["ArrowDown", "ArrowUp"],
  page: [],
};

/** The action of a key press, or null. None but Ctrl-K fires while typing in a field or with a modifier, and none inside a dialog. */
export function keyAction(press: KeyPress, place: Place, dialogOpen: boolean): KeyAction | null {
  if (press.defaultPrevented || press.isComposing || dialogOpen) return null;
  // The one key that works in a field too: no text has it.
  if ((press.ctrlKey || press.metaKey) && !press.altKey && press.key.toLowerCase() === "k") return "palette";
  if (press.ctrlKey || press.metaKey || press.altKey || place === "field") return null;
  if (ITS_OWN[place].includes(press.key)) return null;
  // Caps Lock is nobody's wish here, but "?" needs its Shift.
  return ACTIONS[press.key] ?? ACTIONS[press.key.toLowerCase()] ?? null;
}

const FIELDS = "input, textarea, select, [contenteditable]:not([contenteditable='false'])";
const BUTTONS = "button, a[href], summary";
const SCROLLERS = "[role='log'], [role='menu'], [role='img'], [tabindex]:not([tabindex='-1'])";

/** What kind of place an event's target is. */
export function placeOf(target: EventTarget | null): Place {
  if (!(target instanceof Element)) return "page";
  if (target.closest(FIELDS)) return "field";
  if (target.closest(BUTTONS)) return "button";
  return target.closest(SCROLLERS) ? "scroller" : "page";
}
