/** An agent's id as it is proposed and checked in the form. Pure. */

import { roleOf } from "../../protocol/ids.ts";

const MARKS = /\p{M}/gu;

/** With the prefix that every agent's id has, whether it was typed or not. */
export const wholeId = (typed: string): string => {
  const id = typed.trim();
  return id.startsWith("a-") ? id : `a-${id}`;
};

/** Whether it can be one: what the server says of another is no sentence for people. */
export const isAgentId = (id: string): boolean => roleOf(id) === "agent";

/** An id of the name: "Mihai Ionescu" is a-mihai, where that is taken a-mihai-ionescu, then a-mihai-2; empty for nothing. */
export function proposeId(name: string, taken: readonly string[]): string {
  const plain = name.normalize("NFD").replace(MARKS, "").toLowerCase();
  const words = plain.split(/[^a-z0-9]+/u).filter(Boolean);
  const [first] = words;
  if (!first) return "";
  const made = [
    first,
    words.join("-"),
    ...taken.map((_, place) => `${first}-${place + 2}`),
    `${first}-${taken.length + 2}`,
  ];
  return made.map((each) => `a-${each.slice(0, 28)}`).find((id) => !taken.includes(id)) ?? "";
}
