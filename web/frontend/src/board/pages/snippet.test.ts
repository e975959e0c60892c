import { expect, test } from "vitest";

import { STACKS, snippetFor } from "./snippet.tsx";

const LINE = '<script src="https://chat.example/at/widget.js" data-identity="…" async></script>';

test("each stack's lines name this server, and what knows no user carries no identity", () => {
  for (const stack of STACKS) expect(snippetFor(stack, LINE, "ro")).toContain("https://chat.example/at");
  const plain = (stack: (typeof STACKS)[number]): string => snippetFor(stack, LINE, "ro").replace(/\n */gu, " ");
  expect(plain("html")).toBe(LINE);
  expect(plain("react")).toContain('url="https://chat.example/at" identity={identity} lang="ro"');
  for (const stack of ["wordpress", "tagManager"] as const)
    expect(plain(stack)).toBe('<script src="https://chat.example/at/widget.js" async></script>');
});
