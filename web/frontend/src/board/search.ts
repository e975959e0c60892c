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

interface Size {
  /** Characters before the first hit, and in all. */
  readonly before: number;
  readonly length: number;
  /** A text whose first hit ends within so many characters is shown from its beginning. */
  readonly begin?: number;
}
const SIZE: Size = { before: 40, length: 120 };
/** A row of the list has less room, on a narrow screen one line; there is another text below it. */
export const ROW_SIZE: Size = { before: 12, length: 80, begin: 28 };

/** Return the part of a long text around its first hit, on one line. It begins and ends at a word. */
export function snippet(
  text: string,
  words: readonly string[],
  { before, length, begin = 0 }: Size = SIZE,
): readonly Part[] {
  const line = text.replace(/\s+/gu, " ").trim();
  const parts = highlighted(line, words);
  const first = parts.findIndex((part) => part.hit);
  const lead = parts
    .slice(0, Math.max(0, first))
    .map((part) => part.text)
    .join("").length;
  const space = line.indexOf(" ", lead - before - 1);
  const hitEnd = lead + (parts[first]?.text.length ?? 0);
  const from = lead <= before || hitEnd <= begin ? 0 : space === -1 || space >= lead ? lead : space + 1;
  const limit = from + length;
  const end = line.lastIndexOf(" ", limit);
  const to = limit >= line.length ? line.length : Math.max(end > from ? end : limit, Math.min(hitEnd, limit));
  const more: Part = { text: "…", hit: false };
  return [
    ...(from > 0 ? [more] : []),
    ...highlighted(line.slice(from, to), words),
    ...(to < line.length ? [more] : []),
  ];
}
