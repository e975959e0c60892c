import { expect, test } from "vitest";

import type { Item } from "../core/view.ts";
import { attributeName, attributeText, unseenBy } from "./context-pane.tsx";

const item = (seq: number | null, side: Item["side"], kind: Item["kind"] = "text", deleted = false): Item =>
  ({ seq, side, kind, deleted }) as Item;

test("the desk's words above the client's marker are unseen; events, the client's own and deleted ones are not counted", () => {
  const items = [
    item(1, "client"),
    item(2, "agent"),
    item(3, "agent", "assigned"),
    item(4, "agent"),
    item(5, "client"),
    item(6, "agent", "text", true),
    item(null, "agent"),
  ];
  expect([0, 2, 3, 4, 6].map((read) => unseenBy(items, read))).toEqual([2, 1, 1, 0, 0]);
});

test("attributes are read as people write them: names as words, dates of the calendar, numbers of the language, yes or no", () => {
  const t = { lang: "de", yes: "Ja", no: "Nein" } as const;
  expect(attributeName("tariff_zone")).toBe("Tariff zone");
  expect([true, false, 1234.5, "K-1"].map((value) => attributeText(t, value))).toEqual([
    "Ja",
    "Nein",
    "1.234,5",
    "K-1",
  ]);
  expect(attributeText(t, "2024-03-01")).toBe("1. März 2024");
  expect(attributeText({ ...t, lang: "en" }, "2024-03-01")).toBe("1 March 2024");
});
