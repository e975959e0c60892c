import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Return the classes to which a style sheet gives a look by their name alone. */
const namesIn = (file: string): readonly string[] => {
  const css = readFileSync(fileURLToPath(new URL(file, import.meta.url)), "utf8");
  return [...css.matchAll(/^\.(wl-[a-z0-9-]+) \{/gmu)].map(([, name]) => name as string);
};

test("no page's style sheet gives a class of the chat another look: one sheet loads beside the other", () => {
  const chat = new Set(["../ui/chat.css", "../ui/desk.css"].flatMap(namesIn));
  expect(chat.has("wl-group")).toBe(true);
  for (const sheet of ["./pages.css", "./inbox.css", "./found.css", "./rail.css", "./board.css"])
    expect(namesIn(sheet).filter((name) => chat.has(name))).toEqual([]);
});
