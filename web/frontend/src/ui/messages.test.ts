import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { PAGES } from "../board/route.ts";
import { chatMessages, chooseLang, LANGS, type Lang, textsFor } from "./messages.ts";
import { noticeMessages, powerMessages } from "./outage-tables.gen.ts";
import { settingMessages } from "./page-messages.ts";
import { pageMessages, settingPageMessages } from "./page-tables.gen.ts";
import * as tables from "./text-tables.gen.ts";

type Anything = string | ((...args: never[]) => string);
/** chatMessages is `chat`. */
const SCREENS: Readonly<Record<string, Readonly<Record<Lang, object>>>> = {
  ...Object.fromEntries(
    Object.entries(tables).flatMap(([name, table]) =>
      name.endsWith("Messages") ? [[name.slice(0, -"Messages".length), table as Record<Lang, object>]] : [],
    ),
  ),
  power: powerMessages,
  notices: noticeMessages,
  pages: pageMessages,
  settingPages: settingPageMessages,
  settings: settingMessages,
};
/** The same word as in English. */
const SAME: Readonly<Record<string, readonly string[]>> = {
  ro: [
    "board.client",
    "board.openContext",
    "board.highPriority",
    "board.teamDefault",
    "pages.agent",
    "settingPages.brandingChat",
    "settingPages.cannedText",
    "settingPages.deviceClient",
    "settingPages.rank",
    "settingPages.rankAgent",
    "settingPages.webhookUrl",
  ],
  de: [
    "desk.online",
    "desk.offline",
    "board.beOnline",
    "board.status",
    "board.normal",
    "board.team",
    "board.pageAgents",
    "board.filter",
    "board.pagePortal",
    "pages.pageOutbound",
    "pages.name",
    "pages.person",
    "settingPages.brandingChat",
    "settingPages.cannedText",
    "settingPages.clockPattern",
    "settingPages.rank",
    "settingPages.webhooks",
    "settingPages.webhookUrl",
    "settings.brandingLogo",
  ],
};
const OTHERS = LANGS.filter((lang) => lang !== "en");

const say = (message: Anything): string => {
  if (typeof message === "string") return message;
  const each = ["Ana", "Ana", "Ana"] as never[];
  try {
    return message(...each) ?? message("broken" as never); // of a picture that cannot be read
  } catch {
    return message(["Ana", "Radu"] as never);
  }
};

test("each language has its five files, and no other file is there but the settings' texts", () => {
  const files = readdirSync(path.join(import.meta.dirname, "messages"));
  expect(files.sort()).toEqual(
    [
      ...LANGS.flatMap((lang) => [
        `board.${lang}.ts`,
        `outage.${lang}.ts`,
        `pages.${lang}.ts`,
        `settings.${lang}.ts`,
        `${lang}.ts`,
      ]),
      "like.ts",
      "settings.gen.ts",
    ].sort(),
  );
});

describe.each(OTHERS.flatMap((lang) => Object.keys(SCREENS).map((screen) => [screen, lang] as const)))(
  "the words of %s in %s",
  (screen, lang) => {
    const english = Object.entries(SCREENS[screen]?.en ?? {}) as [string, Anything][];
    const translated = SCREENS[screen]?.[lang] as Record<string, Anything>;

    test("every key is there, with the arguments that the English one has", () => {
      expect(Object.keys(translated).sort()).toEqual(english.map(([key]) => key).sort());
      for (const [key, text] of english) {
        expect(typeof translated[key], key).toBe(typeof text);
        if (typeof text === "function") expect((translated[key] as () => string).length, key).toBe(text.length);
      }
    });

    test("nothing is empty, and nothing is left in English", () => {
      for (const [key, text] of english) {
        const [one, other] = [say(text), say(translated[key] as Anything)];
        expect(one.trim(), key).not.toBe("");
        expect(other.trim(), key).not.toBe("");
        const isWords = /\p{L}{3}/u.test(typeof text === "string" ? text : "");
        if (isWords && !SAME[lang]?.includes(`${screen}.${key}`)) expect(other, key).not.toBe(one);
        expect(/[şţŞŢ]/u.test(other), `${key}: ș and ț with a comma below`).toBe(false);
      }
    });
  },
);

test.each(["board", "pages", "portal", "settings"] as const)("%s has no words that nothing says", (screen) => {
  const folder = path.resolve(import.meta.dirname, "..", ["pages", "settings"].includes(screen) ? "board" : screen);
  const code = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/u.test(file) && !file.includes(".test."))
    .map((file) => readFileSync(path.join(folder, file), "utf8"))
    .join("\n");
  // t[filter], t[level], pageName: said by the names of lists, priorities and pages.
  const pages = PAGES.map((page) => `page${page.charAt(0).toUpperCase()}${page.slice(1)}`);
  const named = ["mine", "unassigned", "all", "snoozed", "resolved", "low", "normal", "high", ...pages];
  const keys = Object.keys(SCREENS[screen]?.en ?? {}).filter((key) => !named.includes(key));
  expect(keys.filter((key) => !new RegExp(`\\bt(?:exts)?\\.${key}\\b`, "u").test(code))).toEqual([]);
});

test("the widget and the portal speak politely in Romanian: buttons too have the plural", () => {
  const familiar =
    /(?<=^|[.?!:;] )(?:deschide|închide|trimite|șterge|(re)?încarcă|(re)?încearcă|adaugă|salvează|arată|afișează|ascunde|oprește|pornește|modifică|elimină|anulează|renunță|alege|scrie|descarcă|răspunde|atinge|trage)(?!\p{L})/iu;
  const said = [
    "chat",
    "chart",
    "widget",
    "unsent",
    "later",
    "picture",
    "mail",
    "portal",
    "compare",
    "launcher",
    "power",
  ];
  const found = said.flatMap((screen) => {
    const texts = Object.entries(SCREENS[screen]?.ro ?? {}) as [string, Anything][];
    expect(texts.length, screen).toBeGreaterThan(0);
    return texts.filter(([, text]) => familiar.test(say(text))).map(([key, text]) => `${screen}.${key}: ${say(text)}`);
  });
  expect(found).toEqual([]);
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

test("the first wished language that there is is chosen, English otherwise", () => {
  expect(chooseLang(null, "ro-RO", "en")).toBe("ro");
  expect(chooseLang("hu", "fr", "EN-us")).toBe("en");
  expect(chooseLang(undefined, "hu")).toBe("en");
});
