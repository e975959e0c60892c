// @vitest-environment happy-dom
import { render } from "preact";
import { describe, expect, test } from "vitest";

import type { Lang } from "../../ui/messages.ts";
import { noticeLines } from "../../ui/outage-words.ts";
import { vectors } from "../../vectors.ts";
import { Preview } from "./notice-form.tsx";

const NOW = Date.parse("2026-11-24T09:42:00+02:00");
/** What is written and what the bridge sends: one file for Python and TypeScript. */
const VECTORS: {
  readonly zone: string;
  readonly until: number;
  readonly cases: readonly { readonly lang: Lang; readonly text: string; readonly told: string }[];
} = vectors("outage_text");
const { until: UNTIL, zone: ZONE } = VECTORS;
const SEEN = {
  en: ["Outage in Mill Street", "14:00 today.", "Updated 09:42", "Tell me when power is back"],
  ro: ["Întrerupere în zona Mill Street", "14:00 astăzi.", "Actualizat: 09:42", "Anunțați-mă când revine curentul"],
  de: [
    "Störung im Gebiet Mill Street",
    "14:00 Uhr heute wieder Strom.",
    "Aktualisiert: 09:42",
    "Melden, wenn der Strom wieder da ist",
  ],
};

const drawn = (props: Partial<Parameters<typeof Preview>[0]>): HTMLElement => {
  const root = document.createElement("div");
  const rest = { lang: "en", areas: ["mill-street"], text: "", until: null, zone: ZONE, now: NOW, at: NOW } as const;
  render(<Preview {...rest} {...props} />, root);
  return root;
};
const linesOf = (root: HTMLElement): readonly string[] =>
  ["strong", "p:not(.wl-outage-at)", ".wl-outage-at"].map(
    (part) => root.querySelector(part)?.textContent?.trim() ?? "",
  );

describe.each(VECTORS.cases)("the preview of a notice in $lang", ({ lang, text: written, told }) => {
  test("says what the portal and the chat say of the text that the bridge sends, whatever the agent's language", () => {
    const root = drawn({ lang, text: written, until: UNTIL });
    const { title, text, updated } = noticeLines(lang, { area: "mill-street", text: told, at: NOW }, NOW, ZONE);
    expect(linesOf(root)).toEqual([title, text, updated]);
    for (const words of SEEN[lang]) expect(root.textContent).toContain(words);
    expect(root.querySelector<HTMLInputElement>("input")?.disabled).toBe(true);
  });

  test("writes another day in full, as the bridge does", () => {
    const root = drawn({ lang, text: written, until: UNTIL + 24 * 3_600_000 });
    expect(root.textContent).toMatch(
      { en: /14:00, Wednesday, 25 Nov/, ro: /14:00, miercuri, 25 noi/, de: /\(Mittwoch, 25\. Nov/ }[lang],
    );
  });
});

test("before an area is chosen the title names none; of an outage that is over nobody is told", () => {
  expect(linesOf(drawn({ areas: [] }))[0]).toBe("Outage in your area");
  expect(drawn({ isOver: true }).querySelector("input")).toBeNull();
});
