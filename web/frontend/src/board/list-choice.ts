/** What narrows and orders the list beside its tab. Pure. */

import { mentionOf, type Summary } from "../core/inbox.ts";
import type { Facet } from "../link/desk-api.ts";

export const ORDERS = ["waiting", "newest"] as const;
export type Order = (typeof ORDERS)[number];
/** A menu offers this many values of a kind, the most frequent ones. */
export const MAX_TAGS = 20;
/** As the server limits a view. */
const MAX_FACETS = 20;

export const ATTRIBUTE = "attribute:";
/** Return whether the server alone knows who has the facet. */
export const isAttribute = (facet: Facet): boolean => facet.startsWith(ATTRIBUTE);

/** Return a facet's kind and value; the kind of `unread` is itself, that of `attribute:plan:Solar` is `attribute:plan`. */
export function partsOf(facet: Facet): readonly [kind: string, value: string] {
  const [, kind = "", value = ""] = /^((?:attribute:)?[^:]*):?(.*)$/.exec(facet) ?? [];
  return [kind, value];
}

type Has = (summary: Summary, value: string, me: string) => boolean;
const HAS: Readonly<Record<string, Has>> = {
  unread: ({ unread }) => unread > 0,
  urgent: ({ priority }) => priority === "high",
  mentioned: (summary, _, me) => mentionOf(summary, me) !== null,
  tag: ({ tags }, tag) => tags.includes(tag),
  area: ({ area }, wanted) => area === wanted,
  lang: ({ lang }, wanted) => lang === wanted,
  of: ({ assignee }, wanted) => assignee === wanted,
};

/** By facet of an attribute: the clients who have it, as the server told. */
export type Having = ReadonlyMap<Facet, ReadonlySet<string>>;

/** Return whether a conversation fits each kind of the facets. Args: me: whom a note mentions. */
export const fits = (summary: Summary, facets: readonly Facet[], me: string, having?: Having): boolean =>
  facets.every((one) => {
    const [kind] = partsOf(one);
    return facets.some((facet) => {
      const [itsKind, value] = partsOf(facet);
      return itsKind === kind && (HAS[kind]?.(summary, value, me) ?? having?.get(facet)?.has(summary.client));
    });
  });

/** Count the conversations that have each facet, in one pass: a menu offers dozens of facets of thousands of rows. */
export function countFacets(summaries: readonly Summary[], me: string): ReadonlyMap<Facet, number> {
  const counts = new Map<Facet, number>();
  for (const row of summaries) for (const facet of facetsOf(row, me)) counts.set(facet, (counts.get(facet) ?? 0) + 1);
  return counts;
}

/** Return the facets that a conversation has, apart from attributes. */
const facetsOf = (row: Summary, me: string): readonly Facet[] => [
  ...(["unread", "urgent", "mentioned"] as const).filter((facet) => HAS[facet]?.(row, "", me)),
  ...row.tags.map((tag): Facet => `tag:${tag}`),
  `area:${row.area}`,
  `lang:${row.lang}`,
  `of:${row.assignee}`,
];

/** Return the facets without one, or with it where it is missing. */
export const toggled = (facets: readonly Facet[], facet: Facet): readonly Facet[] =>
  facets.includes(facet) ? facets.filter((one) => one !== facet) : [...facets, facet].slice(-MAX_FACETS);

/** Return the rows in an order. Args: rows: by waiting time, as the inbox keeps them. */
export function inOrder(rows: readonly Summary[], order: Order): readonly Summary[] {
  if (order === "waiting") return rows;
  return [...rows].sort((one, other) => (other.last?.at ?? 0) - (one.last?.at ?? 0));
}

/** Return the values that conversations have, the most frequent first. */
export function frequent(
  summaries: readonly Summary[],
  valuesOf: (summary: Summary) => readonly (string | null)[],
): readonly string[] {
  const counts = new Map<string, number>();
  for (const summary of summaries)
    for (const value of valuesOf(summary)) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((one, other) => other[1] - one[1] || one[0].localeCompare(other[0])).map(([value]) => value);
}

/** Return the tags of conversations, the most frequent first. */
export const tagsOf = (summaries: readonly Summary[]): readonly string[] => frequent(summaries, ({ tags }) => tags);
