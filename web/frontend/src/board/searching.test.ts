import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Hit, Hits } from "../link/desk-api.ts";
import { summaryOf } from "./board.fixture.ts";
import { found, highlighted, parseQuery, ROW_SIZE, snippet } from "./search.ts";
import { besideRows } from "./search-results.tsx";
import { Searching } from "./searching.ts";

const hit = (seq: number): Hit => ({
  client: "c-1",
  name: null,
  seq,
  from: "c-1",
  at: 1,
  kind: "text",
  text: "x",
  status: "open",
});
const page = (seqs: number[], cursor: string | null = null): Hits => ({
  hits: seqs.map(hit),
  names: {},
  cursor,
  words: ["x"],
});

const fault = (status: number, text: string): Promise<never> =>
  Promise.reject(Object.assign(new Error(text), { status }));

test("a message that a row of the list shows is no hit below it; another of the same client is", () => {
  const rows = [
    summaryOf("c-1", { question: { seq: 4, at: 1, kind: "text", text: "x" }, last: null }),
    summaryOf("c-2"), // shows its last words, seq 1
  ];
  const hits = [hit(4), hit(3), { ...hit(1), client: "c-2" }, { ...hit(4), client: "c-3" }];
  expect(besideRows(hits, rows).map(({ client, seq }) => `${client}/${seq}`)).toEqual(["c-1/3", "c-3/4"]);
});

describe("what the server finds", () => {
  let asked: [string, string | null][] = [];
  let answers: (() => Promise<Hits>)[] = [];
  let searching: Searching;
  beforeEach(() => {
    vi.useFakeTimers();
    [asked, answers] = [[], []];
    searching = new Searching({
      search: (q, cursor) => {
        asked.push([q, cursor]);
        return answers.shift()?.() ?? Promise.resolve(page([]));
      },
      find: async () => null,
    });
  });
  afterEach(() => {
    searching.stop();
    vi.useRealTimers();
  });
  const rest = () => vi.advanceTimersByTimeAsync(300);

  test("it is asked when one rests, once for all letters; one letter alone asks nothing", async () => {
    for (const query of ["f", "fa", "fac"]) searching.query.value = query;
    expect(searching.results.value.state).toBe("searching");
    await rest();
    expect(asked).toEqual([["fac", null]]);
    searching.query.value = "f";
    await rest();
    expect([asked.length, searching.results.value.state]).toEqual([1, "idle"]);
  });

  test("an answer to older words never shows over a newer one's", async () => {
    let late = (_: Hits): void => {};
    answers = [() => new Promise((resolve) => (late = resolve)), async () => page([2])];
    searching.query.value = "old";
    await rest();
    searching.query.value = "new";
    await rest();
    late(page([1]));
    await rest();
    const { results } = searching;
    expect(results.value.state === "found" && results.value.hits.map(({ seq }) => seq)).toEqual([2]);
  });

  test("more is added at the end; the end is the end", async () => {
    answers = [async () => page([9, 8], "next"), async () => page([7])];
    searching.query.value = "word";
    await rest();
    await searching.more();
    await searching.more();
    const { results } = searching;
    expect(asked).toEqual([
      ["word", null],
      ["word", "next"],
    ]);
    expect(results.value.state === "found" && results.value.hits.map(({ seq }) => seq)).toEqual([9, 8, 7]);
  });

  test("a filter that means nothing is told as the server tells it; a server away is a state of its own", async () => {
    answers = [() => fault(422, "No such day."), () => fault(0, "x")];
    searching.query.value = "before:yesterday";
    await rest();
    expect(searching.results.value).toEqual({ state: "refused", fault: { why: "", text: "No such day." } });
    searching.query.value = "words";
    await rest();
    expect(searching.results.value).toEqual({ state: "failed" });
  });
});

describe("the words in the search box", () => {
  test("filters are taken out; who asks for messages by sender or day gets no rows", () => {
    expect(parseQuery('client:c-42 Tag:"Bill due" Factură')).toEqual({
      words: ["factura"],
      client: "c-42",
      tag: "bill due",
      area: null,
      lang: null,
      messagesOnly: false,
    });
    for (const query of ["from:me x", "before:2026-11-01", "x after:2026-01-01"])
      expect(parseQuery(query).messagesOnly).toBe(true);
    expect(parseQuery("a:b from").words).toEqual(["a:b", "from"]);
  });

  test("a row is found by its client, tag, area, language and the client's last words", () => {
    const question = { text: "Why so much?" };
    const row = { client: "c-42", name: "Maria", tags: ["Heater"], area: "north", lang: "ro", question } as never;
    const finds = (query: string): boolean => found(row, parseQuery(query), "Ana");
    expect(["area:north lang:ro why", "area:nor", "lang:en", "much maria"].map(finds)).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(["client:c-42", "client:c-4", "tag:heater", "tag:heat", "maria ana", "from:me"].map(finds)).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
  });

  test("words are marked from their beginning, whatever their accents, and never between", () => {
    const hits = (text: string, ...words: string[]): string[] =>
      highlighted(text, words)
        .filter((part) => part.hit)
        .map((part) => part.text);
    expect(hits("Factura, FACTURĂ; refactura", "factur")).toEqual(["Factura", "FACTURĂ"]);
    expect(hits("a.b", "b")).toEqual(["b"]);
    expect(hits("words", "")).toEqual([]);
    expect(
      highlighted("Ștefan a scris", ["stefan"])
        .map((part) => part.text)
        .join(""),
    ).toBe("Ștefan a scris");
  });

  test("a long text is shown around its first hit", () => {
    const shown = snippet(`${"before ".repeat(40)}needle${" after".repeat(60)}`, ["needle"]);
    const text = shown.map((part) => part.text).join("");
    expect([text.startsWith("…"), text.includes("needle"), text.length < 160]).toEqual([true, true, true]);
    expect(snippet("short needle", ["needle"]).map((part) => part.text)).toEqual(["short ", "needle"]);
  });

  test("a row's text keeps its beginning where its hit is near it", () => {
    const [whole, late] = ["Please send the September bill again.", "Could you please tell me when the bill comes?"];
    expect(snippet(whole, ["september"], ROW_SIZE)[0]?.text).toBe("Please send the ");
    expect(snippet(late, ["bill"], ROW_SIZE)[0]?.text).toBe("…");
  });

  test("a snippet begins and ends at a word of the text, with its hit in it", () => {
    const words =
      "I do not change anything on the boiler, and yet it uses 40 kWh (every day!) since the last storm of May";
    for (const wanted of ["change", "boiler", "storm", "nothing"])
      for (let length = 16; length < 120; length += 1) {
        const parts = snippet(words, [wanted], { before: 8, length });
        const text = parts.map((part) => part.text).join("");
        const [, from, to] = /^(…?)(?:.*?)(…?)$/u.exec(text) ?? [];
        expect(` ${words} `).toContain(` ${text.replaceAll("…", "")} `);
        expect([from === "…", to === "…"]).toEqual([
          !words.startsWith(text.slice(0, 4)),
          !words.endsWith(text.slice(-4)),
        ]);
        expect(parts.filter(({ hit }) => hit).map((part) => part.text)).toEqual(wanted === "nothing" ? [] : [wanted]);
      }
    const one = "x".repeat(300);
    expect(snippet(`${"before ".repeat(9)}${one}`, ["x"]).map((part) => part.text)).toEqual([
      "…",
      expect.stringMatching(/^before (before )+$/u),
      expect.stringMatching(/^x+$/u),
      "…",
    ]);
  });
});
