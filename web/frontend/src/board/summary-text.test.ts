import { expect, test } from "vitest";

import { LANGS, textsFor } from "../ui/messages.ts";
import { summaryOf } from "./board.fixture.ts";
import { clientName, lastWords } from "./summary-text.ts";

const board = { config: { me: { id: "a-ana", name: "Ana" } }, desk: { names: { value: { "a-radu": "Radu" } } } };
const assigned = (lastFrom: string, lastTo: string | null): string[] =>
  LANGS.map((lang) =>
    lastWords(
      summaryOf("c-42", {
        last: { seq: 1, id: "m", from: lastFrom, at: 1, kind: "assigned", ...(lastTo && { to: lastTo }) },
      }),
      board,
      textsFor(lang),
      "Maria",
    ),
  );

test("a row says who took, gave or left a conversation; to oneself Romanian and German speak in the plural", () => {
  expect(assigned("a-radu", "a-radu")).toEqual([
    "Radu took this conversation",
    "Radu a preluat conversația",
    "Radu hat die Unterhaltung übernommen",
  ]);
  expect(assigned("a-radu", "a-ana")).toEqual([
    "Radu assigned this to Ana",
    "Radu a atribuit conversația către Ana",
    "Radu hat die Unterhaltung an Ana übergeben",
  ]);
  expect(assigned("a-radu", null)).toEqual([
    "Radu unassigned this conversation",
    "Radu a retras atribuirea conversației",
    "Radu hat die Zuweisung aufgehoben",
  ]);
  expect(assigned("a-ana", "a-ana")).toEqual([
    "You took this conversation",
    "Dvs. ați preluat conversația",
    "Sie haben die Unterhaltung übernommen",
  ]);
});

test("a client without a name is a client; only a guest is called a guest", () => {
  expect(clientName("en", "c-42", "Maria Pop")).toBe("Maria Pop");
  expect(clientName("en", "c-42", null)).toBe("Client");
  expect(clientName("ro", "g-7f3a", undefined)).toBe("Vizitator");
});
