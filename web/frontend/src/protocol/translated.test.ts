import { expect, test } from "vitest";
import { inLang, withoutEmpty } from "./translated.ts";

test.each([
  [{ en: "Hello", ro: "Bună" }, "ro", "Bună"],
  [{ ro: "Bună", en: "Hello" }, "fr", "Hello"],
  [{ ro: "Bună", de: "Hallo" }, "en", "Bună"],
  [{}, "en", ""],
])("%o is read in %s as %s", (texts, lang, read) => {
  expect(inLang(texts, lang)).toBe(read);
});

test("a form's empty texts are left out", () => {
  expect(withoutEmpty({ en: "Hello", ro: " ", de: "" })).toEqual({ en: "Hello" });
});
