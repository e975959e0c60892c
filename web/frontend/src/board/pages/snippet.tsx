import { useState } from "preact/hooks";

import type { PageTexts } from "../../ui/page-messages.ts";
import { Steps } from "../steps.tsx";
import { CopyBox } from "./copy-box.tsx";

export const STACKS = ["html", "react", "vue", "wordpress", "tagManager"] as const;
type Stack = (typeof STACKS)[number];

const NAMES: Readonly<Record<Stack, string>> = {
  html: "HTML",
  react: "React",
  vue: "Vue",
  wordpress: "WordPress",
  tagManager: "Tag Manager",
};

/** Break a line of HTML between its attributes, so that a narrow screen does not break it within one. */
const inLines = (line: string): string => line.replace(/ (src=\S+) /u, "\n  $1\n  ");

/** Return what a portal of this stack adds. Args: line: the line of HTML, as the server says it. */
export function snippetFor(stack: Stack, line: string, lang: string): string {
  const [, url = ""] = /src="(.*)\/widget\.js"/u.exec(line) ?? [];
  switch (stack) {
    case "html":
      return inLines(line);
    case "react":
      return `import { Wattline }\n  from "@wattline/widget/react";\n\n<Wattline\n  url="${url}"\n  identity={identity} lang="${lang}" />`;
    case "vue":
      return `import { Wattline }\n  from "@wattline/widget/vue";\n\n<Wattline\n  url="${url}"\n  :identity="identity" lang="${lang}" />`;
    case "wordpress":
    case "tagManager":
      return inLines(line.replace(/ data-identity="[^"]*"/u, ""));
  }
}

interface SnippetProps {
  readonly line: string;
  readonly t: PageTexts;
}

/** Show the lines that put the chat on a portal, for each way to build one. */
export function Snippet({ line, t }: SnippetProps) {
  const [stack, setStack] = useState<Stack>("html");
  return (
    <div class="wl-snippet">
      <CopyBox
        label={t.snippet}
        head={
          <Steps
            options={STACKS}
            chosen={stack}
            nameOf={(each) => NAMES[each]}
            onChoose={setStack}
            aria-label={t.snippetStack}
          />
        }
        text={snippetFor(stack, line, t.lang)}
        t={t}
        testId="snippet"
      />
      <p class="wl-hint">{t.snippetHint(stack)}</p>
    </div>
  );
}
