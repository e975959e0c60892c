import { expect, test } from "vitest";

import type { Item } from "../core/view.ts";
import { unseenBy } from "./context-pane.tsx";

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
