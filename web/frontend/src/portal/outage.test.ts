import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pageTimers } from "../link/timers.ts";
import { OutageNotice, RETAINED_WITHIN_MS, type Shown } from "./outage.ts";

const text = { en: "No power.", ro: "Fără curent." };
let shown: Shown[] = [];
const begin = (isShown: boolean): OutageNotice => new OutageNotice(isShown, (next) => shown.push(next), pageTimers);

beforeEach(() => {
  vi.useFakeTimers();
  shown = [];
});
afterEach(() => vi.useRealTimers());

describe("an outage on the portal's page", () => {
  test("it is shown, and its end once; the end of one that was not shown is not", () => {
    const notice = begin(false);
    notice.receive({ text: null });
    notice.receive(null);
    expect(shown).toEqual([]);
    notice.receive({ text, at: 5, began: 3 });
    notice.receive({ text: null });
    notice.receive(null);
    expect(shown).toEqual([{ text, at: 5, began: 3 }, "over"]);
  });

  test("one that ended during a disconnection disappears, one that continues stays", () => {
    const notice = begin(true);
    notice.receive({ text, at: 5 }); // a broker may deliver it before the link reports live
    notice.live();
    vi.advanceTimersByTime(RETAINED_WITHIN_MS);
    expect(shown).toEqual([{ text, at: 5 }]);
    notice.gone();
    vi.advanceTimersByTime(RETAINED_WITHIN_MS);
    expect(shown).toEqual([{ text, at: 5 }]);
    notice.live();
    vi.advanceTimersByTime(RETAINED_WITHIN_MS);
    expect(shown).toEqual([{ text, at: 5 }, null]);
  });
});
