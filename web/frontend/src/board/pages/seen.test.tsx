// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, test } from "vitest";
import { pageTextsFor } from "../../ui/page-messages.ts";
import type { Board } from "../state.ts";
import { Seen } from "./seen.tsx";

const NOW = Date.UTC(2026, 10, 30, 12);
const t = pageTextsFor("en");

test("it says of each website how long ago it asked for the chat, or that none has yet", () => {
  const board = { now: signal(NOW) } as unknown as Board;
  const root = document.createElement("div");
  const said = (): string[] => [...root.querySelectorAll("p")].map(({ textContent }) => textContent ?? "");
  render(<Seen board={board} t={t} origins={[]} />, root);
  expect(said()).toEqual(["Seen on your pages: not yet."]);
  const origins = [
    { origin: "https://www.test", at: NOW - 120_000 },
    { origin: "https://shop.test", at: NOW - 3 * 3_600_000 },
  ];
  render(<Seen board={board} t={t} origins={origins} />, root);
  expect(said()).toEqual([
    "Seen on your page: yes, 2 minutes ago (https://www.test)",
    "Seen on your page: yes, 3 hours ago (https://shop.test)",
  ]);
});
