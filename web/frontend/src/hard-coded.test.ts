/** Every word on a screen comes from a messages file: views hold no text of their own. */

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseAst } from "vitest/node";

const root = fileURLToPath(new URL(".", import.meta.url));
/** What draws; the gallery is no page of the product. */
const VIEWS = ["board", "portal", "ui", "widget"];
/** Attributes that are read or heard; the rest names looks, addresses and ids. */
const SPOKEN = new Set(
  [
    "alt",
    "aria-description",
    "aria-label",
    "aria-placeholder",
    "aria-roledescription",
    "aria-valuetext",
    "placeholder",
    "title",
  ].concat(
    ["error", "hint", "label", "legend", "sendLabel", "summary", "text"], // of our own components
  ),
);
/** What a program puts on a page without JSX. */
const SPOKEN_PROPERTIES = new Set(["alt", "ariaLabel", "innerText", "placeholder", "textContent", "title"]);
/** The same in every language: a name of ours, a unit, keys as they stand on a keyboard, and the begin of an API key. */
const NAMES = new Set(["Wattline", "kW", "CSV", "Enter", "Esc", "Ctrl-K", "wlk_…"]);

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value;
const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode);

/** The literal texts that an expression can come to; what is called, looked up or compared is not said. */
function* literals(node: Node): Generator<string> {
  switch (node.type) {
    case "Literal":
      if (typeof node.value === "string") yield node.value;
      return;
    case "JSXText":
      yield String(node.value);
      return;
    case "TemplateLiteral":
      for (const part of node.quasis as { value: { cooked: string } }[]) yield part.value.cooked;
      return;
    case "ConditionalExpression":
      yield* literals(node.consequent as Node);
      yield* literals(node.alternate as Node);
      return;
    case "LogicalExpression":
    case "BinaryExpression":
      if (node.operator === "&&") yield* literals(node.right as Node);
      else if (["||", "??", "+"].includes(String(node.operator))) {
        yield* literals(node.left as Node);
        yield* literals(node.right as Node);
      }
      return;
    case "ArrayExpression":
      for (const each of childrenOf(node)) yield* literals(each);
      return;
    case "CallExpression":
      // ["a", b].filter(Boolean).join(", "): the words are in what is joined.
      if (isNode(node.callee) && ["concat", "filter", "join"].includes(nameOf(node.callee.property))) {
        yield* literals(node.callee.object as Node);
      }
      return;
    case "JSXExpressionContainer":
    case "ParenthesizedExpression":
    case "TSAsExpression":
    case "TSNonNullExpression":
    case "TSSatisfiesExpression":
      yield* literals(node.expression as Node);
  }
}

const nameOf = (node: unknown): string => (isNode(node) ? String(node.name ?? node.value ?? "") : "");

/** What would be said of this node, but for its children's own. */
function* said(node: Node): Generator<string> {
  switch (node.type) {
    case "JSXElement":
    case "JSXFragment":
      for (const child of node.children as Node[]) yield* literals(child);
      return;
    case "JSXAttribute":
      if (SPOKEN.has(nameOf(node.name)) && isNode(node.value)) yield* literals(node.value);
      return;
    case "AssignmentExpression": {
      const target = node.left as Node;
      if (target.type === "MemberExpression" && SPOKEN_PROPERTIES.has(nameOf(target.property)))
        yield* literals(node.right as Node);
      return;
    }
    case "CallExpression": {
      const [name, value] = node.arguments as Node[];
      const called = isNode(node.callee) ? nameOf(node.callee.property) : "";
      if (called === "setAttribute" && SPOKEN.has(nameOf(name)) && value) yield* literals(value);
    }
  }
}

/** The words that a source file itself says, in the order they stand there. */
function hardCoded(source: string, lang: "ts" | "tsx" = "tsx"): string[] {
  const found: string[] = [];
  const visit = (node: Node): void => {
    for (const text of said(node)) {
      const words = text.trim();
      // A unit, a sign or a single letter is nobody's language.
      if (/\p{L}{2}/u.test(words) && !NAMES.has(words)) found.push(words);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(parseAst(source, { lang }) as unknown as Node);
  return found;
}

const files = VIEWS.flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/u.test(file) && !/\.(test|fixture)\./u.test(file) && !/^messages/u.test(file))
    .map((file) => path.join(folder, file)),
);

test.each(files)("%s says nothing of its own", (file) => {
  expect(hardCoded(readFileSync(path.join(root, file), "utf8"), file.endsWith("x") ? "tsx" : "ts")).toEqual([]);
});

describe("what is found", () => {
  test.each([
    ["text", "<p>Hello there</p>", ["Hello there"]],
    ["text in an expression", '<p>{isOn ? "On" : t.off} {name || "Nobody"}</p>', ["On", "Nobody"]],
    ["a template", "<p>{`${n} messages`}</p>", ["messages"]],
    ["joined parts", '<p>{[name, isNew && "new"].filter(Boolean).join(", ")}</p>', ["new"]],
    ["a label", '<button aria-label="Close" title={`Close ${name}`} />', ["Close", "Close"]],
    [
      "a component's label",
      '<Field label="Your name" hint={"Clients " + "read this"} />',
      ["Your name", "Clients", "read this"],
    ],
    ["a property", 'button.title = "Open"; document.title = count ? "New" : t.title;', ["Open", "New"]],
    ["an attribute that is set", 'button.setAttribute("aria-label", "Open the chat");', ["Open the chat"]],
  ])("%s", (_, source, words) => {
    expect(hardCoded(source)).toEqual(words);
  });

  test.each([
    ["what comes from a messages file", "<p title={t.close}>{t.newMessages(n)}</p>"],
    ["looks, addresses and ids", '<a class="wl-tab" href="/board" role="menuitem" data-testid="more">{t.more}</a>'],
    ["signs, keys and our own name", "<p>· {a} – 4 % <kbd>j</kbd> <kbd>Enter</kbd> Wattline</p>"],
    [
      "looks and formats that are chosen from",
      '<p class={isOwn ? "own" : ""}>{(["html", "txt"] as const).map((each) => t[each])}</p>',
    ],
    ["what is only compared", '<p>{state === "open" && t.open}</p>'],
  ])("%s is not", (_, source) => {
    expect(hardCoded(source)).toEqual([]);
  });
});
