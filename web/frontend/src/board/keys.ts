/** Decide which action a key press means, from the key and where it was pressed. Pure. */

export type KeyAction =
  | "next"
  | "previous"
  | "open"
  | "reply"
  | "note"
  | "resolve"
  | "assign"
  | "snooze"
  | "tag"
  | "select"
  | "search"
  | "views"
  | "start"
  | "canned"
  | "macro"
  | "palette"
  | "undo"
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

/** Where the key was pressed. A button handles Enter itself, a scroller the arrows. */
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
  t: "tag",
  x: "select",
  z: "undo",
  "/": "search",
  v: "views",
  c: "start",
  ";": "canned",
  "?": "help",
  Escape: "back",
  ...Object.fromEntries([..."123456789"].map((digit) => [digit, "macro"] as const)),
};

/** Keys that write or change something work only while the list or the log has the focus. */
const WITHIN: ReadonlySet<KeyAction> = new Set([
  "reply",
  "note",
  "resolve",
  "assign",
  "snooze",
  "tag",
  "select",
  "start",
  "canned",
  "macro",
  "undo",
]);

/** Keys that move in the list, or open one of it: nothing is focused there at first, so they work on the whole screen. */
const OF_LIST: ReadonlySet<KeyAction> = new Set(["next", "previous", "open"]);

/** Keys that the focused element handles itself. */
const ITS_OWN: Readonly<Record<Place, readonly string[]>> = {
  field: [],
  button: ["Enter"],
  scroller: ["ArrowDown", "ArrowUp"],
  page: [],
};

/**
 * Return the action of a key press, or null. In a field and with a modifier only Ctrl-K works; inside a dialog none does.
 *
 * Args: within: whether the list or the log has the focus. hasList: false on a page of the rail.
 */
export function keyAction(
  press: KeyPress,
  place: Place,
  dialogOpen: boolean,
  within: boolean,
  hasList = true,
): KeyAction | null {
  if (press.defaultPrevented || press.isComposing || dialogOpen) return null;
  // No text contains Ctrl-K, so it works in a field too.
  if ((press.ctrlKey || press.metaKey) && !press.altKey && press.key.toLowerCase() === "k") return "palette";
  if (press.ctrlKey || press.metaKey || press.altKey || place === "field") return null;
  if (ITS_OWN[place].includes(press.key)) return null;
  // Ignore Caps Lock; "?" needs its Shift.
  const action = ACTIONS[press.key] ?? ACTIONS[press.key.toLowerCase()] ?? null;
  if (action === null || (WITHIN.has(action) && !within)) return null;
  return OF_LIST.has(action) && !hasList ? null : action;
}

/** A key that changes something waits this long: another letter makes it the beginning of a word. */
export const WORD_MS = 300;
/** A pause this long ends a text. */
const TEXT_MS = 1_000;
const CHANGES: ReadonlySet<KeyAction> = new Set(["resolve", "assign", "snooze", "tag", "macro"]);
const WRITTEN: ReadonlySet<KeyAction> = new Set([
  ...CHANGES,
  "reply",
  "note",
  "select",
  "start",
  "canned",
  "undo",
  "views",
]);

/** Run the action now, run it later unless a letter follows, or drop it as part of a text. */
type Verdict = "now" | "later" | "text";

/** Tell single keys from text that an agent types outside a field by mistake. Times are of a monotonic clock. */
export class TextGuard {
  #textMs = Number.NEGATIVE_INFINITY;
  #waitingMs = Number.NEGATIVE_INFINITY;

  /** Forget the last key: it was no part of a text. */
  clear(): void {
    this.#waitingMs = Number.NEGATIVE_INFINITY;
  }

  judge(key: string, action: KeyAction | null, nowMs: number): Verdict {
    const isLetter = key.length === 1;
    const isMove = action !== null && !WRITTEN.has(action);
    const isWord = isLetter && !isMove && ((action === null && key !== " ") || nowMs - this.#waitingMs < WORD_MS);
    const inText = isLetter && nowMs - this.#textMs < TEXT_MS;
    this.#waitingMs = Number.NEGATIVE_INFINITY;
    if (isWord || inText) {
      this.#textMs = nowMs;
      return "text";
    }
    if (action === null || !CHANGES.has(action)) return "now";
    this.#waitingMs = nowMs;
    return "later";
  }
}

const FIELDS = "input, textarea, select, [contenteditable]:not([contenteditable='false'])";
const BUTTONS = "button, a[href], summary";
const SCROLLERS = "[role='log'], [role='menu'], [role='img'], [tabindex]:not([tabindex='-1'])";

const LIST_OR_LOG = ".wl-pane-list, [role='log']";
const OVER = "dialog, [role='menu']";

/** Return whether an event is in the list or the log; null in a dialog or menu over them. */
export function isWithin(target: EventTarget | null): boolean | null {
  if (!(target instanceof Element)) return false;
  return target.closest(OVER) ? null : target.closest(LIST_OR_LOG) !== null;
}

export function placeOf(target: EventTarget | null): Place {
  if (!(target instanceof Element)) return "page";
  if (target.closest(FIELDS)) return "field";
  if (target.closest(BUTTONS)) return "button";
  return target.closest(SCROLLERS) ? "scroller" : "page";
}
