// @vitest-environment happy-dom
import { render } from "preact";
import { beforeEach, expect, test, vi } from "vitest";

import { boardTextsFor } from "../ui/messages.ts";
import { Usage } from "./usage.ts";
import { UsageLine } from "./usage-line.tsx";

const DAYS = { wh: [100, null, 4_000, 200, 90], unusual: [2], estimated: [3] };
let asked: (readonly string[])[] = [];
let nowMs = 1_000_000_000;
const usage = (fails = false): Usage =>
  new Usage(
    {
      usage: async (clients) => {
        asked.push(clients);
        if (fails) throw new Error("away");
        return { "c-1": DAYS };
      },
    },
    () => nowMs,
  );
const shown = async (held: Usage, ...clients: string[]): Promise<void> => {
  held.show(clients);
  await vi.advanceTimersByTimeAsync(1_000);
};

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
});

test("rows on screen are asked for in one request, again only when they are old, and never visitors", async () => {
  const held = usage();
  held.show(["c-9"]);
  await shown(held, "c-1", "g-77", "c-2");
  await shown(held, "c-1", "c-2", "c-3");
  nowMs += 6 * 60_000;
  await shown(held, "c-1");
  expect(asked).toEqual([["c-1", "c-2"], ["c-3"], ["c-1"]]);
  expect([held.days.value.get("c-1"), held.days.value.get("c-2")]).toEqual([DAYS, null]);
});

test("what the server did not answer is asked for again", async () => {
  const held = usage(true);
  await shown(held, "c-1");
  await shown(held, "c-1");
  expect(asked).toEqual([["c-1"], ["c-1"]]);
});

test("a list that changes all the time does not put the question off", async () => {
  const held = usage();
  for (const _ of Array(4)) {
    held.show(["c-1"]);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(asked).toEqual([["c-1"]]);
});

test("a day without readings has no bar, an unusual one its colour, an estimated one and today are light, and the sum is told", () => {
  const root = document.createElement("div");
  render(<UsageLine days={DAYS} t={boardTextsFor("en")} />, root);
  const paths = [...root.querySelectorAll("path")].map((path) => path.getAttribute("d")?.match(/M\d+/gu) ?? []);
  expect(paths).toEqual([["M0"], ["M15", "M20"], ["M10"]]);
  expect(root.querySelector("svg")?.getAttribute("aria-label")).toBe("4.4 kWh in 4 of the last 14 days, 1 day unusual");
});
