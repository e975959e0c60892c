import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { chatMessages, chooseLang, launcherMessages, portalMessages, textsFor, widgetMessages } from "./messages.ts";
import { boardMessages } from "./messages-board.ts";
import { compareMessages } from "./messages-compare.ts";
import { faultMessages } from "./messages-faults.ts";
import { pageMessages } from "./messages-pages.ts";
import { yearMessages } from "./messages-year.ts";

type Anything = string | ((...args: never[]) => string);
const SCREENS: Readonly<Record<string, { en: object; ro: object }>> = {
  chat: chatMessages,
  launcher: launcherMessages,
  widget: widgetMessages,
  board: boardMessages,
  pages: pageMessages,
  portal: portalMessages,
  compare: compareMessages,
  faults: faultMessages,
  year: yearMessages,
};
/** The same word in both languages. */
const SAME = new Set([
  "board.client",
  "board.openContext",
  "board.highPriority",
  "board.pagePortal",
  "pages.rank",
  "pages.deviceClient",
]);

const say = (message: Anything): string => {
  if (typeof message === "string") return message;
  const each = ["Ana", "Ana", "Ana"] as never[];
  try {
    return message(...each);
  } catch {
    return message(["Ana", "Radu"] as never);
  }
};

describe.each(Object.entries(SCREENS))("the words of %s", (screen, { en, ro }) => {
  const pairs = Object.entries(en).map(([key, value]) => [key, value, (ro as Record<string, Anything>)[key]] as const);

  test("every key is there in both languages, with the same arguments", () => {
    expect(Object.keys(ro).sort()).toEqual(Object.keys(en).sort());
    for (const [key, english, romanian] of pairs) {
      expect(typeof romanian, key).toBe(typeof english);
      if (typeof english === "function")
        expect((romanian as () => string).length, key).toBe((english as () => string).length);
    }
  });

  test("nothing is empty, and nothing Romanian is left in English", () => {
    for (const [key, english, romanian] of pairs) {
      const [one, other] = [say(english as Anything), say(romanian as Anything)];
      expect(one.trim(), key).not.toBe("");
      expect(other.trim(), key).not.toBe("");
      const formOnly = !/\p{L}{3}/u.test(typeof english === "string" ? english : String(english).replace(/.*=>/u, ""));
      if (!formOnly && typeof english === "string" && !SAME.has(`${screen}.${key}`)) expect(other, key).not.toBe(one);
      expect(/[şţŞŢ]/u.test(other), `${key}: ș and ț with a comma below`).toBe(false);
    }
  });
});

test.each(["board", "pages", "portal"] as const)("%s has no words that nothing says", (screen) => {
  const folder = path.resolve(import.meta.dirname, "..", screen === "pages" ? "board" : screen);
  const code = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/u.test(file) && !file.includes(".test."))
    .map((file) => readFileSync(path.join(folder, file), "utf8"))
    .join("\n");
  // t[filter], t[level]: said by the names of lists and priorities.
  const named = ["mine", "unassigned", "all", "snoozed", "resolved", "low", "normal", "high"];
  const keys = Object.keys(SCREENS[screen]?.en ?? {}).filter((key) => !named.includes(key));
  expect(keys.filter((key) => !new RegExp(`\\bt\\.${key}\\b`, "u").test(code))).toEqual([]);
});

describe("plurals", () => {
  test("English has two forms, Romanian three", () => {
    const counts = [0, 1, 2, 19, 20, 101, 119, 120];
    expect(counts.map((n) => chatMessages.en.newMessages(n))).toEqual([
      "0 new messages",
      "1 new message",
      "2 new messages",
      "19 new messages",
      "20 new messages",
      "101 new messages",
      "119 new messages",
      "120 new messages",
    ]);
    expect(counts.map((n) => chatMessages.ro.newMessages(n))).toEqual([
      "0 mesaje noi",
      "1 mesaj nou",
      "2 mesaje noi",
      "19 mesaje noi",
      "20 de mesaje noi",
      "101 mesaje noi",
      "119 mesaje noi",
      "120 de mesaje noi",
    ]);
  });

  test("lists are joined as the language joins them", () => {
    expect(textsFor("en").typing(["Ana", "Radu", "Ion"])).toBe("Ana, Radu, and Ion are typing");
    expect(textsFor("ro").typing(["Ana", "Radu"])).toBe("Ana și Radu scriu");
  });
});

test("the first wished language that we speak is chosen, English otherwise", () => {
  expect(chooseLang(null, "ro-RO", "en")).toBe("ro");
  expect(chooseLang("de", "fr", "EN-us")).toBe("en");
  expect(chooseLang(undefined, "de")).toBe("en");
});
