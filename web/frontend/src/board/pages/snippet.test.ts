import { expect, test } from "vitest";

import { STACKS, snippetFor } from "./snippet.tsx";

const LINE = '<script src="https://chat.example/at/widget.js" data-identity="…" async></script>';

test("each stack's lines name this server, and what knows no user carries no identity", () => {
  for (const stack of STACKS) expect(snippetFor(stack, LINE, "ro")).toContain("https://chat.example/at");
  expect(snippetFor("html", LINE, "ro")).toBe(LINE);
  expect(snippetFor("react", LINE, "ro")).toContain('url="https://chat.example/at" identity={identity} lang="ro"');
  for (const stack of ["wordpress", "tagManager"] as const)
    expect(snippetFor(stack, LINE, "ro")).toBe('<script src="https://chat.example/at/widget.js" async></script>');
});
