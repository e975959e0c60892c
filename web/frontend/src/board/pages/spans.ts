/** Opening hours as one writes them: "09:00-12:30, 13:30-17:00". Pure. */

import type { Spans } from "../../link/desk-api.ts";

const SPAN = /^(\d{1,2})(?::(\d{2}))?\s*[-–]\s*(\d{1,2})(?::(\d{2}))?$/u;

export const spansText = (spans: Spans): string => spans.map(([from, to]) => `${from}–${to}`).join(", ");

const time = (hour: string, minute = "00"): string | null => {
  const text = `${hour.padStart(2, "0")}:${minute}`;
  return (text < "24:00" && minute < "60") || text === "24:00" ? text : null;
};

/** Null for what is no hours: a time that is none, an end before its beginning, spans that overlap. */
export function parseSpans(text: string): Spans | null {
  const spans: (readonly [string, string])[] = [];
  for (const part of text
    .split(/[,;]/u)
    .map((each) => each.trim())
    .filter(Boolean)) {
    const match = SPAN.exec(part);
    const from = match && time(match[1] ?? "", match[2]);
    const to = match && time(match[3] ?? "", match[4]);
    const last = spans.at(-1);
    if (!from || !to || to <= from || (last && from < last[1])) return null;
    spans.push([from, to]);
  }
  return spans;
}
