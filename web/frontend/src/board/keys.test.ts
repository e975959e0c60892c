// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { type KeyPress, keyAction, placeOf } from "./keys.ts";

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
    expect(KEYS.map((key) => keyAction(press(key), "page", false))).toEqual([
      "next", "previous", "open", "reply", "note", "resolve", "assign", "snooze", "search", "canned", "help",
    ]);
  });

  test("none fires while typing in a field, in a dialog, with a modifier or within an input method", () => {
    for (const key of [...KEYS, "Escape"]) {
      expect(keyAction(press(key), "field", false)).toBeNull();
      expect(keyAction(press(key), "page", true)).toBeNull();
      if (key !== "k") expect(keyAction(press(key, { ctrlKey: true }), "page", false)).toBeNull();
      if (key !== "k") expect(keyAction(press(key, { metaKey: true }), "page", false)).toBeNull();
      expect(keyAction(press(key, { altKey: true }), "page", false)).toBeNull();
      expect(keyAction(press(key, { isComposing: true }), "page", false)).toBeNull();
      expect(keyAction(press(key, { defaultPrevented: true }), "page", false)).toBeNull();
    }
  });

  test("Ctrl-K, or Cmd-K, opens everything, while typing too; not over another dialog", () => {
    for (const held of [{ ctrlKey: true }, { metaKey: true }]) {
      for (const place of ["field", "page", "button", "scroller"] as const)
        expect(keyAction(press("k", held), place, false)).toBe("palette");
      expect(keyAction(press("k", held), "page", true)).toBeNull();
      expect(keyAction(press("k", { ...held, altKey: true }), "page", false)).toBeNull();
    }
  });

  test("Enter is the button's that has the focus, arrows are the log's", () => {
    expect(keyAction(press("Enter"), "button", false)).toBeNull();
    expect(keyAction(press("j"), "button", false)).toBe("next");
    expect(keyAction(press("ArrowDown"), "scroller", false)).toBeNull();
    expect(keyAction(press("ArrowDown"), "page", false)).toBe("next");
  });

  test("Caps Lock changes nothing, and a key that means nothing does nothing", () => {
    expect(keyAction(press("J"), "page", false)).toBe("next");
    expect(keyAction(press("x"), "page", false)).toBeNull();
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
});
