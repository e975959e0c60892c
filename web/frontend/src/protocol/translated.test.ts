import { expect, test } from "vitest";
import { inLang, withoutEmpty } from "./translated.ts";

test.each([
  [{ en: "Hello", ro: "Bună" }, "ro", "Bună"],
  [{ en: "Hello", ro: "" }, "ro", "Hello"],
  [{ ro: "Bună", en: "Hello" }, "fr", "Hello"],
  [{ ro: "Bună", de: "Hallo" }, "en", "Bună"],
  [{ ro: "", de: "Hallo" }, "en", "Hallo"],
  [{}, "en", ""],
])("%o is read in %s as %s", (texts, lang, read) => {
  expect(inLang(texts, lang)).toBe(read);
});

test("a form's empty texts are left out", () => {
  expect(withoutEmpty({ en: "Hello", ro: " ", de: "" })).toEqual({ en: "Hello" });
});
