// @vitest-environment happy-dom
import { beforeAll, expect, it } from "vitest";

const field = (id: string): string => `
  <span class="wl-password"><input id="${id}" type="password" aria-describedby="${id}-fault"><button type="button" hidden></button></span>
  <p id="${id}-fault" hidden><svg></svg><span></span></p>`;

const input = (id: string): HTMLInputElement => document.getElementById(id) as HTMLInputElement;
const saidOf = (id: string): string | null => {
  const place = document.getElementById(`${id}-fault`) as HTMLElement;
  return place.hidden ? null : place.textContent;
};
function type(id: string, text: string): void {
  input(id).value = text;
  input(id).dispatchEvent(new Event("input", { bubbles: true }));
}
/** Return whether the form would be sent. */
const submit = (): boolean =>
  document.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true })) ?? false;

beforeAll(async () => {
  document.body.innerHTML = `<form data-min="12" data-short="12 or more; you have {has}." data-differ="Not the same.">${field("password")}${field("again")}</form>`;
  await import("./password.ts");
});

it("says below its field what is wrong with a new password, keeps what was typed, and takes it back as it is mended", () => {
  type("password", "short");
  type("again", "short");
  expect(saidOf("password")).toBeNull();
  expect(submit()).toBe(false);
  expect([saidOf("password"), saidOf("again"), input("password").value]).toEqual([
    "12 or more; you have 5.",
    null,
    "short",
  ]);
  type("password", "five words and more");
  expect(saidOf("password")).toBeNull();
  expect(submit()).toBe(false);
  expect([saidOf("password"), saidOf("again")]).toEqual([null, "Not the same."]);
  type("again", "five words and more");
  expect([saidOf("again"), submit()]).toEqual([null, true]);
});

it("shows a password where it is wished, and sends it as a password", () => {
  const eye = document.querySelector("button") as HTMLButtonElement;
  expect(eye.hidden).toBe(false);
  eye.click();
  expect([input("password").type, eye.getAttribute("aria-pressed")]).toEqual(["text", "true"]);
  submit();
  expect(input("password").type).toBe("password");
});
