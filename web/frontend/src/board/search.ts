/** Search the loaded list, and mark the words in what the server found. Pure. */

import type { Summary } from "../core/inbox.ts";

/** Return the text without case and accents: "lazar" finds Lazăr. */
export const folded = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

const FILTER = /(?:^|\s)(from|client|tag|area|lang|before|after):(?:"([^"]*)"|(\S+))/giu;

export interface Query {
  readonly words: readonly string[];
  readonly client: string | null;
  readonly tag: string | null;
  readonly area: string | null;
  readonly lang: string | null;
  /** Whether it filters messages by sender or day, which no row of the list can answer. */
  readonly messagesOnly: boolean;
}

export function parseQuery(query: string): Query {
  const asked: Record<string, string> = {};
  const rest = query.replace(FILTER, (_, name: string, quoted: string | undefined, plain: string | undefined) => {
    const value = folded(quoted ?? plain ?? "");
    asked[name.toLowerCase()] = value;
    return " ";
  });
  const { client = null, tag = null, area = null, lang = null, ...others } = asked;
  const words = folded(rest.replaceAll('"', " ")).split(/\s+/u).filter(Boolean);
  return { words, client, tag, area, lang, messagesOnly: Object.keys(others).length > 0 };
}

/** Folding 10,000 rows at every letter is slow; a summary object never changes. */
const texts = new WeakMap<Summary, string>();

function textOf(summary: Summary, assigneeName: string): string {
  let text = texts.get(summary);
  if (text === undefined) {
    text = folded(
      [
        summary.name ?? "",
        summary.client,
        summary.last?.text ?? "",
        summary.question?.text ?? "",
        assigneeName,
        ...summary.tags,
      ].join("\n"),
    );
    texts.set(summary, text);
  }
  return text;
}

/** Return whether a row of the list matches the query. */
export function found(summary: Summary, query: Query, assigneeName: string): boolean {
  if (query.messagesOnly) return false;
  if (query.client !== null && summary.client !== query.client) return false;
  if (query.tag !== null && !summary.tags.some((tag) => folded(tag) === query.tag)) return false;
  if (query.area !== null && summary.area !== query.area) return false;
  if (query.lang !== null && summary.lang !== query.lang) return false;
  const text = textOf(summary, assigneeName);
  return query.words.every((word) => text.includes(word));
}

export interface Part {
  readonly text: string;
  readonly hit: boolean;
}

/** Split the text into parts; a hit begins with one of the folded words. */
export function highlighted(text: string, words: readonly string[]): readonly Part[] {
  const wanted = words.filter((word) => word !== "");
  const parts: { text: string; hit: boolean }[] = [];
  // Each run of letters and digits is a word; other characters are never part of a hit.
  for (const [piece] of text.matchAll(/[\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}]+/gu)) {
    const hit = wanted.some((word) => folded(piece).startsWith(word));
    const before = parts.at(-1);
    if (before && before.hit === hit) before.text += piece;
    else parts.push({ text: piece, hit });
  }
  return parts;
}

const BEFORE = 40;
const LENGTH = 140;

/** Return the part of a long text around its first hit, on one line. */
export function snippet(text: string, words: readonly string[]): readonly Part[] {
  const parts = highlighted(text.replace(/\s+/gu, " "), words);
  const first = parts.findIndex((part) => part.hit);
  const lead = parts
    .slice(0, Math.max(0, first))
    .map((part) => part.text)
    .join("");
  const from = lead.length > BEFORE ? lead.length - BEFORE : 0;
  let skip = from;
  let left = LENGTH;
  const shown: Part[] = from > 0 ? [{ text: "…", hit: false }] : [];
  for (const part of parts) {
    const rest = part.text.slice(Math.min(skip, part.text.length));
    skip -= part.text.length - rest.length;
    if (rest === "" || left <= 0) continue;
    shown.push({ text: rest.slice(0, left), hit: part.hit });
    left -= rest.length;
  }
  return shown;
}
