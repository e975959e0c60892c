import { describe, expect, test } from "vitest";
import { appended, matching } from "./canned-picker.tsx";
import { filled, textFor } from "./macro.ts";
import type { Board } from "./state.ts";

const variables = { name: "Maria", client: "c-42", agent: "Ana", date: "24 Nov" };
const plain = { tag: null, assign: false, resolve: false, snooze: null, priority: null, key: null };
const greet = { id: "greet", title: { en: "Greeting" }, text: { en: "Hello {name}", ro: "" }, ...plain };
const bill = {
  id: "bill",
  title: { en: "Factură" },
  text: { en: "Your bill", ro: "Factura dvs. este scadentă" },
  ...plain,
};

describe("canned replies", () => {
  test("what stands for somebody is filled in; another brace stays", () => {
    expect(filled("Hello {name}, {agent} here, {date}: {client} {other} {", variables)).toBe(
      "Hello Maria, Ana here, 24 Nov: c-42 {other} {",
    );
  });

  test("clients read the agent's first name alone", () => {
    const board = {
      config: { me: { id: "a-ana", name: "Dr. Ana Pop", shown: "Ana" }, lang: "en" },
      actions: { summaryOf: () => null },
      clients: { facts: { valueOf: () => undefined } },
      now: { value: 0 },
    } as unknown as Board;
    expect(textFor(board, "c-42", { text: { en: "{agent} here" } } as never)).toBe("Ana here");
  });

  test("without a name the words close up", () => {
    const guest = { ...variables, name: null };
    expect(filled("Hello {name}, how are you?", guest)).toBe("Hello, how are you?");
    expect(filled("{name} is here", guest)).toBe(" is here");
  });

  test("a value is taken as it is, whatever it holds", () => {
    expect(filled("{name}", { ...variables, name: "{agent} $& $1" })).toBe("{agent} $& $1");
  });

  test("every word somewhere, without accents, in the title or the text of any language", () => {
    const ids = (wish: string): string[] => matching([greet, bill], wish).map(({ id }) => id);
    expect([ids(""), ids("factura"), ids("BILL scadenta"), ids("hello bill")]).toEqual([
      ["greet", "bill"],
      ["bill"],
      ["bill"],
      [],
    ]);
  });

  test("it stands in place of nothing and of the key; after words it is a line of its own", () => {
    expect([appended("", "x"), appended(" ; ", "x"), appended("Hello  ", "x")]).toEqual(["x", "x", "Hello\nx"]);
  });
});
