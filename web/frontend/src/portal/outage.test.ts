import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pageTimers } from "../link/timers.ts";
import { OutageNews, type Shown, TOLD_WITHIN_MS } from "./outage.ts";

const text = { en: "No power.", ro: "Fără curent." };
let shown: Shown[] = [];
const begin = (stands: boolean): OutageNews => new OutageNews(stands, (next) => shown.push(next), pageTimers);

beforeEach(() => {
  vi.useFakeTimers();
  shown = [];
});
afterEach(() => vi.useRealTimers());

describe("an outage on the portal's page", () => {
  test("it is said, and its end once; the end of one that never stood here is no news", () => {
    const news = begin(false);
    news.hear({ id: "n-0", text: null });
    news.hear(null);
    expect(shown).toEqual([]);
    news.hear({ id: "n-1", text });
    news.hear({ id: "n-1", text: null });
    news.hear(null);
    expect(shown).toEqual([text, "over"]);
  });

  test("one that ended while the line was away goes, one that still stands stays", () => {
    const news = begin(true);
    news.hear({ id: "n-1", text }); // a broker may tell it before the line is called live
    news.live();
    vi.advanceTimersByTime(TOLD_WITHIN_MS);
    expect(shown).toEqual([text]);
    news.gone();
    vi.advanceTimersByTime(TOLD_WITHIN_MS);
    expect(shown).toEqual([text]);
    news.live();
    vi.advanceTimersByTime(TOLD_WITHIN_MS);
    expect(shown).toEqual([text, null]);
  });
});
