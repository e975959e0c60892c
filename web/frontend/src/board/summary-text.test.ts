import { expect, test } from "vitest";

import { LANGS, textsFor } from "../ui/messages.ts";
import { summaryOf } from "./board.fixture.ts";
import { clientKind, clientName, lastWords } from "./summary-text.ts";

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

test("below a name stands the client's number, or which visitor it is; nothing below a name that says it", () => {
  expect(clientKind("en", "c-42", "Maria Pop")).toBe("c-42");
  expect(clientKind("de", "g-7f3ac01d9be2", "Maria")).toBe("Besucher 7f3a");
  expect(clientKind("en", "g-7f3ac01d9be2", "Visitor 7f3a")).toBe(null);
});

test("a client without a name has its number, a visitor without one the first signs of its id", () => {
  expect(clientName("en", "c-42", "Maria Pop")).toBe("Maria Pop");
  expect(clientName("en", "c-42", null)).toBe("Client c-42");
  expect(clientName("ro", "g-7f3ac01d9be2", undefined)).toBe("Vizitator 7f3a");
});
