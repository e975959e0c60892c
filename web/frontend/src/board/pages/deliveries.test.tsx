import { expect, test } from "vitest";
import { LANGS } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import { vectors } from "../../vectors.ts";
import { reasonText } from "./deliveries.tsx";

const { cases } = vectors("delivery_reasons");

test("why a delivery was not sent reads in English as on the server", () => {
  const plain = (text: string): string => text.replaceAll("’", "'");
  for (const { text, ...reason } of cases) expect(plain(reasonText(pageTextsFor("en"), reason))).toBe(text);
});

test.each(LANGS.filter((lang) => lang !== "en"))("each reason has its own words in %s, with all its values", (lang) => {
  for (const { text, ...reason } of cases) {
    const says = reasonText(pageTextsFor(lang), reason);
    expect(says.replaceAll("'", "’")).not.toBe(text);
    for (const value of Object.values(reason.values)) expect(says).toContain(String(value));
    expect(says).not.toMatch(/[{}]/u);
  }
});

test("a reason that an older version noted, or a code of a newer one, has no words here", () => {
  const texts = LANGS.map((lang) => reasonText(pageTextsFor(lang), { code: "of tomorrow", values: { tries: 20 } }));
  expect([reasonText(pageTextsFor("de"), null), ...texts]).toEqual(["", "", "", ""]);
});
