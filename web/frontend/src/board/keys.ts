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
  z: "undo",
  "/": "search",
  ";": "canned",
  "?": "help",
  Escape: "back",
};

/** These change or write something: they act only where the list or the log has the focus. */
const WITHIN: ReadonlySet<KeyAction> = new Set(["reply", "note", "resolve", "assign", "snooze", "canned", "undo"]);

/** Left to the thing that has the focus. */
const ITS_OWN: Readonly<Record<Place, readonly string[]>> = {
  field: [],
  button: ["Enter"],
  scroller: ["ArrowDown", "ArrowUp"],
  page: [],
};

/**
 * The action of a key press, or null. None but Ctrl-K fires while typing in a field or with a modifier, and none inside a
 * dialog. Args: within: the list or the log has the focus.
 */
export function keyAction(press: KeyPress, place: Place, dialogOpen: boolean, within: boolean): KeyAction | null {
  if (press.defaultPrevented || press.isComposing || dialogOpen) return null;
  // The one key that works in a field too: no text has it.
  if ((press.ctrlKey || press.metaKey) && !press.altKey && press.key.toLowerCase() === "k") return "palette";
  if (press.ctrlKey || press.metaKey || press.altKey || place === "field") return null;
  if (ITS_OWN[place].includes(press.key)) return null;
  // Caps Lock is nobody's wish here, but "?" needs its Shift.
  const action = ACTIONS[press.key] ?? ACTIONS[press.key.toLowerCase()] ?? null;
  return action !== null && WITHIN.has(action) && !within ? null : action;
}

/** So long a key that changes something waits for a next letter: then it was the beginning of a word. */
export const WORD_MS = 300;
/** A pause this long ends a typed text. */
const TEXT_MS = 1_000;
const CHANGES: ReadonlySet<KeyAction> = new Set(["resolve", "assign", "snooze"]);
const WRITTEN: ReadonlySet<KeyAction> = new Set([...CHANGES, "reply", "note", "canned", "undo"]);

/** What becomes of a key's action: done at once, after a pause without another letter, or nothing, as part of a text. */
export type Verdict = "now" | "later" | "text";

/**
 * Tells single keys from a text that is typed where no field is: whoever types a sentence there must change nothing.
 * Times are of a steady clock.
 */
export class TextGuard {
  #textMs = Number.NEGATIVE_INFINITY;
  #waitingMs = Number.NEGATIVE_INFINITY;

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

/** Whether the focus that came, or the press, is in the list or the log; null for what lies over both. */
export function isWithin(target: EventTarget | null): boolean | null {
  if (!(target instanceof Element)) return false;
  return target.closest(OVER) ? null : target.closest(LIST_OR_LOG) !== null;
}

/** What kind of place an event's target is. */
export function placeOf(target: EventTarget | null): Place {
  if (!(target instanceof Element)) return "page";
  if (target.closest(FIELDS)) return "field";
  if (target.closest(BUTTONS)) return "button";
  return target.closest(SCROLLERS) ? "scroller" : "page";
}
