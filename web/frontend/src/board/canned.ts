/** Canned replies: what stands for whom, filled in. Pure. */

import type { Canned } from "../link/desk-api.ts";
import { folded } from "./search.ts";

export interface Variables {
  /** Null where it is not known: then the words close up around it. */
  readonly name: string | null;
  readonly client: string;
  readonly agent: string;
  readonly date: string;
}

/** The text with its `{name}`, `{client}`, `{agent}` and `{date}` filled in; another brace stays as it is. */
export function filled(text: string, variables: Variables): string {
  return text.replace(/( ?)\{(name|client|agent|date)\}/gu, (_, space: string, name: keyof Variables) => {
    const value = variables[name];
    return value === null ? "" : space + value;
  });
}

/** What a canned reply makes of the words that stand in the field: `;` and nothing give way to it. */
export const appended = (draft: string, text: string): string =>
  draft.trim() === "" || draft.trim() === ";" ? text : `${draft.trimEnd()}\n${text}`;

export function matching(replies: readonly Canned[], wish: string): readonly Canned[] {
  const words = folded(wish).split(/\s+/u).filter(Boolean);
  return replies.filter(({ title, text }) => {
    const all = folded(`${title}\n${Object.values(text).join("\n")}`);
    return words.every((word) => all.includes(word));
  });
}
