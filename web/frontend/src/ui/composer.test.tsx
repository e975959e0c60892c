// @vitest-environment happy-dom
import { render } from "preact";
import { useState } from "preact/hooks";
import { act } from "preact/test-utils";
import { beforeEach, describe, expect, test } from "vitest";
import { Composer, fit, sends, withoutControls } from "./composer.tsx";
import { textsFor } from "./messages.ts";

let said: string[] = [];
let root: HTMLElement;

function Held({ first }: { readonly first: string }) {
  const [draft, setDraft] = useState(first);
  return <Composer t={textsFor("en")} draft={draft} onInput={setDraft} onSend={(text) => said.push(text)} showKept />;
}
const show = (draft: string): HTMLTextAreaElement => {
  act(() => render(<Held key={draft} first={draft} />, root));
  return root.querySelector("textarea") as HTMLTextAreaElement;
};
const press = (field: HTMLElement, init: KeyboardEventInit): boolean => {
  let kept = true;
  act(() => {
    kept = field.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init }));
  });
  return kept;
};

beforeEach(() => {
  said = [];
  root = document.createElement("div");
  document.body.replaceChildren(root);
});

describe("composer", () => {
  test("Enter sends, Shift+Enter breaks the line, and an Enter of an input method does neither", () => {
    const field = show("Hello");
    expect(press(field, { key: "Enter", shiftKey: true })).toBe(true);
    expect(press(field, { key: "Enter", isComposing: true })).toBe(true);
    expect(said).toEqual([]);
    expect(press(field, { key: "Enter" })).toBe(false);
    expect(said).toEqual(["Hello"]);
    expect(sends({ key: "a", shiftKey: false, altKey: false, isComposing: false })).toBe(false);
  });

  test("spaces alone are not sent, and what is sent has none around it", () => {
    press(show("  \n "), { key: "Enter" });
    expect(said).toEqual([]);
    press(show("  Hello\n"), { key: "Enter" });
    expect(said).toEqual(["Hello"]);
  });

  test("a text over 4,000 characters says by how much, stays, and is not sent", () => {
    const field = show("🙂".repeat(4012));
    expect(root.querySelector("[role=status]")?.textContent).toContain("12 characters too many");
    expect(root.querySelector<HTMLButtonElement>("button[type=submit]")?.disabled).toBe(true);
    expect(field.getAttribute("aria-invalid")).toBe("true");
    press(field, { key: "Enter" });
    expect(said).toEqual([]);
    expect(field.value).toHaveLength(8024);
  });

  test("characters are counted as the contract counts them, and only near the limit", () => {
    expect(fit("🙂".repeat(4000))).toEqual({ left: 0, counts: true, over: false, empty: false });
    expect(fit("a".repeat(3799)).counts).toBe(false);
    show("a".repeat(3990));
    expect(root.querySelector("[role=status]")?.textContent).toBe("10 characters left");
    show("a");
    expect(root.querySelector("[role=status]")?.textContent).toBe("Draft saved");
  });

  test("control characters of a paste do not make a message that is refused", () => {
    expect(withoutControls("a\u0000b\r\nc\td\u009f")).toBe("ab\nc\td");
  });
});
