/** The agents whom a note's text mentions. Pure. */

/** The first word behind an `@`, in the characters that the server takes; the `@` of an address mentions nobody. */
const MENTION = /(?<![\p{L}\p{N}_.])@([\p{L}\p{N}_.-]*[\p{L}\p{N}_])/gu;
let collator: Intl.Collator | undefined;
/** Case and diacritics do not matter. Made when the first name is compared: it costs a page 20 ms. */
const isSame = (one: string, other: string): boolean =>
  (collator ??= new Intl.Collator("en", { sensitivity: "base" })).compare(one, other) === 0;

/** Return the length of the longest of the names with which the text begins; 0 for none. */
function longestName(text: string, names: readonly string[]): number {
  const fits = (name: string): boolean =>
    isSame(text.slice(0, name.length), name) && !/^[\p{L}\p{N}_]/u.test(text.slice(name.length));
  return Math.max(0, ...names.filter(fits).map((name) => name.length));
}

/** Split a note into plain text and mentions, in turn; a mention is a whole name, else the first word behind the `@`. */
export function splitAtMentions(text: string, names: readonly string[]): string[] {
  const parts: string[] = [];
  let done = 0;
  for (const { index, 1: word = "" } of text.matchAll(MENTION)) {
    const length = Math.max(longestName(text.slice(index + 1), names), word.length);
    parts.push(text.slice(done, index), text.slice(index, index + 1 + length));
    done = index + 1 + length;
  }
  return [...parts, text.slice(done)];
}
