import { expect, test } from "vitest";

import type { Item } from "../core/view.ts";
import { canDelete, canEdit, canQuote, quoted } from "./own-words.ts";

const item = (fields: Partial<Item>) => ({ seq: 1, kind: "text", mine: true, deleted: false, ...fields }) as Item;

test("only stored words can be quoted; one's own text can be edited, and anything of one's own be deleted", () => {
  const can = (fields: Partial<Item>) => [canQuote, canEdit, canDelete].map((each) => each(item(fields)));
  expect(can({})).toEqual([true, true, true]);
  expect(can({ mine: false })).toEqual([true, false, false]);
  expect(can({ kind: "file" })).toEqual([false, false, true]);
  expect(can({ seq: null })).toEqual([false, false, false]);
  expect(can({ deleted: true })).toEqual([false, false, false]);
});

test("a quotation stands above the draft, each line marked, without what it quotes itself, and is cut when it is long", () => {
  expect(quoted("My draft", "No power\nsince six")).toBe("> No power\n> since six\nMy draft");
  expect(quoted("", "> No power\nSince when?")).toBe("> Since when?\n");
  expect(quoted("", "x".repeat(400))).toBe(`> ${"x".repeat(300)} …\n`);
});
