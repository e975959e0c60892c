// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { isWithin, type KeyPress, keyAction, placeOf, TextGuard } from "./keys.ts";

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  isComposing: false,
  defaultPrevented: false,
  ...more,
});
const KEYS = ["j", "k", "Enter", "r", "n", "e", "a", "s", "/", ";", "?"];

describe("keys", () => {
  test("each key does its one thing", () => {
    expect(KEYS.map((key) => keyAction(press(key), "page", false, true))).toEqual([
      "next",
      "previous",
      "open",
      "reply",
      "note",
      "resolve",
      "assign",
      "snooze",
      "search",
      "canned",
      "help",
    ]);
  });

  test("none fires while typing in a field, in a dialog, with a modifier or within an input method", () => {
    for (const key of [...KEYS, "Escape"]) {
      expect(keyAction(press(key), "field", false, true)).toBeNull();
      expect(keyAction(press(key), "page", true, true)).toBeNull();
      if (key !== "k") expect(keyAction(press(key, { ctrlKey: true }), "page", false, true)).toBeNull();
      if (key !== "k") expect(keyAction(press(key, { metaKey: true }), "page", false, true)).toBeNull();
      expect(keyAction(press(key, { altKey: true }), "page", false, true)).toBeNull();
      expect(keyAction(press(key, { isComposing: true }), "page", false, true)).toBeNull();
      expect(keyAction(press(key, { defaultPrevented: true }), "page", false, true)).toBeNull();
    }
  });

  test("Ctrl-K, or Cmd-K, opens everything, while typing too; not over another dialog", () => {
    for (const held of [{ ctrlKey: true }, { metaKey: true }]) {
      for (const place of ["field", "page", "button", "scroller"] as const)
        expect(keyAction(press("k", held), place, false, true)).toBe("palette");
      expect(keyAction(press("k", held), "page", true, true)).toBeNull();
      expect(keyAction(press("k", { ...held, altKey: true }), "page", false, true)).toBeNull();
    }
  });

  test("Enter is the button's that has the focus, arrows are the log's", () => {
    expect(keyAction(press("Enter"), "button", false, true)).toBeNull();
    expect(keyAction(press("j"), "button", false, true)).toBe("next");
    expect(keyAction(press("ArrowDown"), "scroller", false, true)).toBeNull();
    expect(keyAction(press("ArrowDown"), "page", false, true)).toBe("next");
  });

  test("Caps Lock changes nothing, and a key that means nothing does nothing", () => {
    expect(keyAction(press("J"), "page", false, true)).toBe("next");
    expect(keyAction(press("q"), "page", false, true)).toBeNull();
  });

  test("fields, buttons and scrolling things are told apart", () => {
    document.body.innerHTML =
      '<textarea></textarea><input><select></select><p contenteditable="true"><b>x</b></p><button><i>x</i></button><div role="log" tabindex="0"><p>x</p></div><p id="page">x</p>';
    const place = (selector: string) => placeOf(document.querySelector(selector));
    expect(["textarea", "input", "select", "b"].map(place)).toEqual(["field", "field", "field", "field"]);
    expect(place("i")).toBe("button");
    expect(place("[role=log] p")).toBe("scroller");
    expect(place("#page")).toBe("page");
    expect(placeOf(null)).toBe("page");
  });

  test("what changes or writes something acts only where the list or the log has the focus", () => {
    const outside = (key: string) => keyAction(press(key), "page", false, false);
    expect(["r", "n", "e", "a", "s", ";", "z"].map(outside)).toEqual([null, null, null, null, null, null, null]);
    expect(["j", "k", "/", "?", "Escape"].map(outside)).toEqual(["next", "previous", "search", "help", "back"]);
    document.body.innerHTML =
      '<nav class="wl-pane-list"><button>x</button></nav><div role="log"><p>x</p></div><header><button>x</button></header><dialog><i>x</i></dialog>';
    const within = (selector: string) => isWithin(document.querySelector(selector));
    expect(["nav button", "[role=log] p", "header button", "dialog i"].map(within)).toEqual([true, true, false, null]);
  });

  test("where no list is on the screen, none of its keys moves or opens anything", () => {
    const onPage = (key: string) => keyAction(press(key), "page", false, false, false);
    expect(["j", "k", "ArrowDown", "ArrowUp", "Enter"].map(onPage)).toEqual(Array(5).fill(null));
    expect(["/", "v", "?"].map(onPage)).toEqual(["search", "views", "help"]); // each shows the list first, or needs none
  });

  test("letters that follow one another are a text, and none of them changes anything", () => {
    const guard = new TextGuard();
    const judge = (key: string, atMs: number) => guard.judge(key, keyAction(press(key), "page", false, true), atMs);
    expect([judge("e", 0), judge("v", 100)]).toEqual(["later", "text"]); // the board drops what waits
    expect([..."ery reason"].map((key, place) => judge(key, 200 + 100 * place))).toEqual(Array(10).fill("text"));
    expect(judge("e", 5_000)).toBe("later");
    expect(judge("j", 5_100)).toBe("now"); // e, then the next one: two keys, not a word
    expect([judge("j", 5_200), judge("e", 5_300)]).toEqual(["now", "later"]);
    expect([judge("a", 9_000), judge("s", 9_100)]).toEqual(["later", "text"]);
    expect(judge("r", 20_000)).toBe("now");
    expect([judge("e", 30_000), judge("c", 30_100)]).toEqual(["later", "text"]); // "echt"
  });
});
