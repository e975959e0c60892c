// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, test, vi } from "vitest";
import { reportOf } from "../../gallery/samples.ts";
import { textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import type { Board } from "../state.ts";
import { daysTitle } from "./report-words.ts";
import { ReportsPage } from "./reports.tsx";

const NOON = Date.UTC(2026, 10, 30, 12);

type Listed = readonly unknown[] | Promise<readonly unknown[]>;

function opened(found = reportOf(7), episodes: Listed = [], isAway = { value: false }) {
  const asked: string[] = [];
  const lists: string[] = [];
  const api = {
    report: async (period: string) => {
      asked.push(period);
      if (isAway.value) throw Object.assign(new Error("away"), { status: 0 });
      return { ...found, agent: new URLSearchParams(period).get("agent") };
    },
    episodes: async (list: string) => {
      lists.push(list);
      return { episodes: await episodes, names: { "a-ana": "Ana Ionescu" }, cursor: null };
    },
  };
  const board = {
    config: { me: { admin: true }, tz: "Europe/Bucharest", targetMs: 300_000, api: "https://chat.test" },
    now: signal(NOON),
    menu: signal(null),
    team: signal([
      { id: "a-ana", name: "Ana Ionescu" },
      { id: "a-zoe", name: "Zoe Pop" },
    ]),
    desk: { api, notices: { outages: signal({}) } },
    clientName: (client: string) => client,
  } as unknown as Board;
  const root = document.createElement("div");
  for (const before of document.body.children) render(null, before); // an open list listens to keys
  document.body.replaceChildren(root);
  const t = pageTextsFor("en");
  render(<ReportsPage board={board} t={t} words={textsFor("en")} />, root);
  const button = (name: string, kind = "button"): HTMLButtonElement => {
    const found = [...root.querySelectorAll<HTMLButtonElement>(kind)].find(
      ({ textContent }) => textContent?.trim() === name,
    );
    if (!found) throw new Error(`no button ${name}`);
    return found;
  };
  return { asked, lists, root, button, t };
}

function choose(root: HTMLElement, agent: string): void {
  const list = root.querySelector("[data-testid=report-agent]") as HTMLSelectElement;
  list.value = agent;
  list.dispatchEvent(new Event("change", { bubbles: true }));
}

test("any days up to today can be chosen; a period that makes no sense is marked and asks for nothing", async () => {
  const { asked, root, button, t } = opened();
  await vi.waitFor(() => expect(asked).toEqual(["days=7"]));
  button(t.periodOther).click();
  const write = async (name: string, value: string): Promise<void> => {
    await vi.waitFor(() => expect(root.querySelector(`[data-testid=period-${name}]`)).not.toBeNull());
    const field = root.querySelector(`[data-testid=period-${name}]`) as HTMLInputElement;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  await write("from", "2026-11-03");
  await write("to", "2026-11-12");
  await vi.waitFor(() => expect(asked.at(-1)).toBe("days=10&until=2026-11-12"));
  const count = asked.length;
  for (const wrong of ["2026-12-01", "2026-11-02"]) {
    await write("to", wrong);
    await vi.waitFor(() => expect(root.textContent).toContain(t.periodWrong));
  }
  expect(asked.length).toBe(count);
});

test("a report that could not be loaded says why in its place, offers no tables, and is asked for again", async () => {
  const isAway = { value: true };
  const { asked, root, button, t } = opened(reportOf(7), [], isAway);
  await vi.waitFor(() => expect(root.querySelector("[role=alert] strong")?.textContent).toBe(t.notLoaded));
  expect(root.querySelector("[role=alert] p")?.textContent).toBe(t.notLoadedText);
  expect(root.textContent).not.toContain(t.reportLoading);
  expect(button(t.exportCsv).disabled).toBe(true);
  isAway.value = false;
  button("Try now").click();
  await vi.waitFor(() => expect(root.querySelector("[data-testid=figure-first]")).not.toBeNull());
  expect([asked.length, button(t.exportCsv).disabled]).toEqual([2, false]);
});

test("where nobody wrote in the period before, no figure is compared with it", async () => {
  const whole = reportOf(7);
  const { before } = whole;
  const none = { ...before, asked: 0, first_ms: null, in_target: null, resolve_ms: null, automatic: null };
  const { root, t } = opened({ ...whole, before: { ...none, satisfaction: null, use_usual: null } });
  await vi.waitFor(() => expect(root.querySelector("[data-testid=figure-first]")).not.toBeNull());
  expect(root.querySelectorAll(".wl-trend").length).toBe(0);
  const feet = [...root.querySelectorAll(".wl-figure-button > .wl-trends")].map(({ textContent }) => textContent);
  expect([feet.length, new Set(feet)]).toEqual([7, new Set([t.nothingBefore])]);
});

test("a period before that begins before the record is left out everywhere", async () => {
  const compared = async (isWhole: boolean) => {
    const { root, t } = opened({ ...reportOf(7), before_is_whole: isWhole });
    await vi.waitFor(() => expect(root.querySelector("[data-testid=figure-first]")).not.toBeNull());
    const heads = [...root.querySelectorAll("th")].map(({ textContent }) => textContent);
    return [
      root.querySelectorAll(".wl-trend").length > 0,
      root.querySelector(".wl-trends")?.textContent !== t.nothingYet,
      root.querySelector(".wl-report-chart .wl-compared") !== null,
      root.querySelector(".wl-report-legend .wl-compared") !== null,
      root.querySelector(".wl-page-sub")?.textContent?.includes("compared with"),
      heads.some((head) => head?.startsWith(t.change)),
    ];
  };
  expect(new Set(await compared(true))).toEqual(new Set([true]));
  expect(new Set(await compared(false))).toEqual(new Set([false]));
});

test("days before the record are no days without conversations: the chart says where it begins, small lines begin there", async () => {
  const found = reportOf(30);
  const [, , third] = found.days;
  const { root } = opened({ ...found, first_asked: Date.parse(`${third?.day}T10:00:00Z`) });
  await vi.waitFor(() => expect(root.querySelector(".wl-report-chart .wl-bar-missing")).not.toBeNull());
  expect(root.querySelector(".wl-report-legend")?.textContent).toContain("no record before 28 Oct");
  expect(root.querySelectorAll(".wl-report-chart g > title").length).toBe(28);
  const points = root.querySelector("[data-testid=figure-target] polyline")?.getAttribute("points");
  expect(points?.split(" ").length).toBe(28);
});

test("a faster or slower reply is told in words beside its arrow", async () => {
  const { root } = opened();
  const text = (figure: string) => root.querySelector(`[data-testid=figure-${figure}] .wl-trend`)?.textContent;
  await vi.waitFor(() => expect(text("first")).toBe("52\u00a0s\u00a0faster"));
  expect(text("resolve")).toBe("3\u00a0min\u00a0slower");
});

test("a time before that has another unit says it: 52 min may come from 1:30 h", async () => {
  const whole = reportOf(7);
  const hours = { ...whole.before, resolve_ms: 90 * 60_000 };
  const { root } = opened({ ...whole, before: hours });
  const text = (figure: string) => root.querySelector(`[data-testid=figure-${figure}] .wl-trends`)?.textContent;
  await vi.waitFor(() => expect(text("resolve")).toContain("from 1:30\u00a0h"));
  expect(text("first")).toMatch(/from 4:02$/u);
});

test("a period that is over and in which nobody wrote says so, and leads to the last days", async () => {
  const whole = reportOf(7);
  const before = { ...whole.before, asked: 0 };
  const none = { asked: 0, first_ms: null, resolve_ms: null, ratings: 0 };
  const empty = { ...whole, totals: { ...whole.totals, ...none }, before };
  const past = empty.days.map((day, place) => ({ ...day, day: `2026-11-${10 + place}` }));
  const { asked, root, button, t } = opened({ ...empty, days: past });
  await vi.waitFor(() => expect(root.textContent).toContain(t.noFiguresIn(daysTitle("en", past))));
  button("30 days").click();
  await vi.waitFor(() => expect(asked.at(-1)).toBe("days=30"));
  button(t.noFiguresRecent).click();
  await vi.waitFor(() => expect(button("7 days").getAttribute("aria-pressed")).toBe("true"));
});

test("the day that has not ended is named today, and the chart says until when it counts", async () => {
  const whole = reportOf(7);
  const { root } = opened({
    ...whole,
    days: whole.days.map((day, place) => ({ ...day, day: `2026-11-${24 + place}` })),
  });
  await vi.waitFor(() => expect(root.querySelector(".wl-report-chart")?.textContent).toContain("Today until 14:00"));
  expect([...root.querySelectorAll(".wl-bar-running > title")].map((title) => title.textContent?.slice(0, 7))).toEqual([
    "30 Nov:",
  ]);
  expect(root.querySelector(".wl-bar-running > text:last-child")?.textContent).toBe("Today");
});

test("one busy hour does not make all the others of the map alike", async () => {
  const heat = Array.from({ length: 7 }, (_, day) =>
    Array.from({ length: 24 }, (__, hour) => (day === 0 && hour === 9 ? 90 : hour % 4)),
  );
  const { root } = opened({ ...reportOf(7), heat });
  await vi.waitFor(() => expect(root.querySelector(".wl-heat")).not.toBeNull());
  const levels = [...root.querySelectorAll<HTMLElement>(".wl-heat tbody td")].map((cell) => cell.dataset.level);
  expect([...new Set(levels)].sort()).toEqual(["0", "1", "2", "3", "4"]);
  const legend = [...root.querySelectorAll(".wl-heat-legend > span:has(i)")].map(({ textContent }) => textContent);
  expect(legend).toEqual(["1", "2", "3", "90"]);
});

test("an hour, or hours in a row, are named as the busiest; of several that are alike none is", async () => {
  const named = async (busy: readonly (readonly [day: number, hour: number])[]) => {
    const heat = Array.from({ length: 7 }, (_, day) =>
      Array.from({ length: 24 }, (__, hour) => (busy.some(([d, h]) => d === day && h === hour) ? 9 : hour % 4)),
    );
    const { root } = opened({ ...reportOf(7), heat });
    await vi.waitFor(() => expect(root.querySelector(".wl-heat")).not.toBeNull());
    return root.querySelector(".wl-heat-legend > span:not(:has(i))")?.textContent;
  };
  expect(await named([[5, 17]])).toBe("Busiest: Saturday, 17:00–18:00");
  expect(
    await named([
      [5, 17],
      [5, 18],
      [5, 19],
    ]),
  ).toBe("Busiest: Saturday, 17:00–20:00");
  expect(
    await named([
      [5, 17],
      [5, 19],
    ]),
  ).toBeUndefined();
  expect(
    await named([
      [1, 17],
      [2, 18],
    ]),
  ).toBeUndefined();
});

test("while nobody was answered yet, one sentence stands for all figures and leads to the inbox", async () => {
  const whole = reportOf(7);
  const none = { asked: 0, first_ms: null, in_target: null, resolve_ms: null, automatic: null, ratings: 0 };
  const before = { ...whole.before, ...none, satisfaction: null, use_usual: null, use_judged: 0 };
  const { root, t } = opened({ ...whole, totals: { ...before, asked: 3 }, before });
  await vi.waitFor(() => expect(root.textContent).toContain(t.noneAnswered(3)));
  expect(root.querySelectorAll("[data-testid^=figure-], .wl-report-chart").length).toBe(0);
  expect(root.querySelector("a[href='#/']")?.textContent).toBe(t.openInbox);
});

test("one menu saves each table of the shown period", async () => {
  const { root, button, t } = opened();
  await vi.waitFor(() => expect(root.textContent).toContain(t.byAgent));
  const saved: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.href);
  });
  for (const table of [t.perDay, t.whenWritten, t.byAgent, t.byTag, t.firstReplies, t.satisfaction]) {
    button(t.exportCsv).click();
    await vi.waitFor(() => button(table, "[role=menuitem]").click());
  }
  expect(saved.map((address) => address.replace("https://chat.test/api/reports/", ""))).toEqual([
    "days.csv?days=7",
    "hours.csv?days=7",
    "agents.csv?days=7",
    "tags.csv?days=7",
    "replies.csv?days=7",
    "ratings.csv?days=7",
  ]);
});

test("the list behind the time to resolve says of each how long it took, in opening hours as the figure", async () => {
  const asked = NOON - 86_400_000;
  const row = (client: string, resolve_ms: number) => ({
    ...{ client, seq: 1, name: null, by: "a-ana", asked, answered: asked + 60_000, resolved: NOON, score: null },
    ...{ use_after: null, question: { text: "Why?" }, first_ms: 60_000, in_target: true, resolve_ms },
  });
  const { root, t } = opened(reportOf(7), [row("c-1", 49 * 60_000), row("c-2", 7_500_000)]);
  await vi.waitFor(() => expect(root.querySelector("[data-testid=figure-resolve]")).not.toBeNull());
  root.querySelector<HTMLElement>("[data-testid=figure-resolve]")?.click();
  await vi.waitFor(() => expect(root.querySelectorAll("[data-testid=episode]").length).toBe(2));
  const took = [...root.querySelectorAll(`[data-testid=episode] > [data-label="${t.toResolve}"]`)];
  expect(took.map(({ textContent }) => textContent)).toEqual(["49\u00a0min", "2:05\u00a0h"]);
});

test("the list behind first replies says of each how long it took and whether that was in time", async () => {
  const asked = NOON - 3_600_000;
  const facts = { name: null, by: "a-ana", asked, answered: asked + 190_000, resolved: null, score: null };
  const row = (client: string, first_ms: number, in_target: boolean) => ({
    ...{ ...facts, client, seq: 1, use_after: null, question: { text: "Why?" } },
    ...{ first_ms, in_target },
  });
  // 190 s by the clock are none outside the opening hours.
  const { root, t } = opened(reportOf(7), [row("c-1", 190_000, true), row("c-2", 301_000, false), row("c-3", 0, true)]);
  await vi.waitFor(() => expect(root.querySelector("[data-testid=figure-target]")).not.toBeNull());
  const shown = async (figure: string): Promise<(string | null)[][]> => {
    (root.querySelector(`[data-testid=figure-${figure}]`) as HTMLElement).click();
    await vi.waitFor(() => expect(root.querySelectorAll("[data-testid=episode]").length).toBe(3));
    return ["First reply", "In 5 min"].map((name) =>
      [...root.querySelectorAll(`[data-testid=episode] > [data-label="${name}"]`)].map(
        ({ textContent }) => textContent,
      ),
    );
  };
  expect(await shown("target")).toEqual([
    ["3:10\u00a0min", "5:01\u00a0min", "0:00\u00a0min"],
    [t.inTime, t.late, t.inTime],
  ]);
  expect(root.querySelector("[data-testid=episodes]")?.textContent).toContain("3 conversations · 2 in time, 1 late");
  await shown("resolve");
  await vi.waitFor(() =>
    expect(root.querySelector("[data-testid=episodes]")?.textContent).toContain("3 conversations · 0 automatic only"),
  );
  await shown("asked");
  await vi.waitFor(() => expect(root.querySelector("[data-testid=episodes]")?.textContent).not.toContain(t.late));
});

test("a list of conversations sorts by its columns, newest first at first, and calls those without an answer open", async () => {
  const facts = { name: null, resolved: null, score: null, use_after: null, question: { text: "Why?" }, seq: 1 };
  const row = (client: string, asked: number, took: number | null) => ({
    ...{ ...facts, client, asked, answered: took === null ? null : asked + took, by: took === null ? null : "a-ana" },
    ...{ first_ms: took, in_target: took === null ? null : true },
  });
  const { root } = opened(reportOf(7), [
    row("c-1", NOON - 9, 60_000),
    row("c-2", NOON, 30_000),
    row("c-3", NOON - 5, null),
  ]);
  await vi.waitFor(() => expect(root.querySelector("[data-testid=figure-asked]")).not.toBeNull());
  (root.querySelector("[data-testid=figure-asked]") as HTMLElement).click();
  const clients = () => [...root.querySelectorAll("[data-testid=episode] a")].map(({ textContent }) => textContent);
  await vi.waitFor(() => expect(clients()).toEqual(["c-2", "c-3", "c-1"]));
  const first = [...root.querySelectorAll("[data-testid=episode]")].map((each) => each.children[3]?.textContent);
  expect(first).toEqual(["0:30\u00a0min", "open", "1:00\u00a0min"]);
  const head = [...root.querySelectorAll("[data-testid=episodes] th button")].find((each) =>
    each.textContent?.includes("First reply"),
  ) as HTMLElement;
  head.click();
  await vi.waitFor(() => expect(clients()).toEqual(["c-1", "c-2", "c-3"]));
});

test("the list behind what was resolved automatically is that alone, and says of how many", async () => {
  const facts = {
    ...{ name: null, by: null, asked: NOON, answered: null, resolved: NOON, score: null, first_ms: null },
  };
  const row = { ...facts, client: "c-1", seq: 1, use_after: null, question: { text: "Why?" }, in_target: null };
  const whole = reportOf(7);
  const { lists, root } = opened({ ...whole, totals: { ...whole.totals, resolved: 6 } }, [row]);
  await vi.waitFor(() => expect(root.querySelector("[data-testid=figure-automatic]")).not.toBeNull());
  (root.querySelector("[data-testid=figure-automatic]") as HTMLElement).click();
  await vi.waitFor(() =>
    expect(root.querySelector("[data-testid=episodes]")?.textContent).toContain("1 of 6 resolved conversations"),
  );
  expect(lists[0]).toContain("figure=automatic");
  expect(root.querySelector(".wl-figure > .wl-hint")?.textContent).toContain("6 conversations resolved");
});

test("Escape closes an open list and leads back to its figure, and does nothing else; without a list it is the board's", async () => {
  const { root } = opened();
  const pressed = (): boolean =>
    (document.activeElement ?? document.body).dispatchEvent(
      new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }),
    );
  await vi.waitFor(() => expect(root.querySelector("[data-testid=figure-asked]")).not.toBeNull());
  const figure = root.querySelector("[data-testid=figure-asked]") as HTMLElement;
  figure.focus();
  figure.click();
  await vi.waitFor(() => expect(document.activeElement?.id).toBe("wl-episodes"));
  expect(pressed()).toBe(false);
  await vi.waitFor(() => expect(root.querySelector("[data-testid=episodes]")).toBeNull());
  expect(document.activeElement).toBe(figure);
  await vi.waitFor(() => expect(pressed()).toBe(true));
});

test("Escape closes the other days, from their fields too, and leads back to the period before and to their button", async () => {
  const { asked, root, button, t } = opened();
  button("30 days").click();
  for (const from of ["[data-testid=period-to]", ".wl-step:last-child"]) {
    await vi.waitFor(() => expect(asked.at(-1)).toBe("days=30"));
    button(t.periodOther).focus();
    button(t.periodOther).click();
    await vi.waitFor(() => expect(root.querySelector(from)).not.toBeNull());
    await vi.waitFor(() => expect(asked.at(-1)).toContain("until="));
    (root.querySelector(from) as HTMLElement).focus();
    const pressed = new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true });
    expect(document.activeElement?.dispatchEvent(pressed)).toBe(false);
    await vi.waitFor(() => expect(root.querySelector("[data-testid=period-to]")).toBeNull());
    expect(document.activeElement).toBe(button(t.periodOther));
  }
});

test("a period that goes on is compared with the same time before, and says until when", async () => {
  const to = Date.UTC(2026, 10, 30, 6, 22);
  const day = { person: 1, automatic: 0, open: 0 };
  const days = { days: [{ day: "2026-11-30", ...day }], days_before: [{ day: "2026-11-29", ...day }] };
  const sub = (root: HTMLElement) => root.querySelector(".wl-page-sub")?.textContent;
  const { root } = opened({ ...reportOf(7), ...days, to });
  await vi.waitFor(() => expect(sub(root)).toContain("compared with Sun 29 Nov until 08:22 ·"));
  const over = opened({ ...reportOf(7), ...days, to: Date.UTC(2026, 10, 30, 22) });
  await vi.waitFor(() => expect(sub(over.root)).toContain("compared with Sun 29 Nov ·"));
});

test("a single day has no map: its bars have a day's parts by the hour, and the day before as a line up to now", async () => {
  const hours = Array.from({ length: 24 }, (_, hour) => ({ hour, person: hour === 9 ? 2 : 0, automatic: 0, open: 1 }));
  const days = { days: [{ day: "2026-11-30", person: 2, automatic: 0, open: 24 }], hours, hours_before: hours };
  const { root } = opened({ ...reportOf(7), ...days });
  await vi.waitFor(() => expect(root.querySelectorAll(".wl-report-chart .wl-bar-open").length).toBe(24));
  expect(root.querySelectorAll(".wl-report-chart .wl-bar-person").length).toBe(1);
  expect(root.querySelector(".wl-heat")).toBeNull();
  expect(root.querySelectorAll(".wl-report-chart .wl-compared").length).toBe(15); // it is 14:00
  expect(root.querySelector(".wl-report-legend")?.textContent).toContain("open");
  const alone = opened({ ...reportOf(7), ...days, before_is_whole: false });
  await vi.waitFor(() => expect(alone.root.querySelectorAll(".wl-report-chart .wl-bar-open").length).toBe(24));
  expect(alone.root.querySelectorAll(".wl-compared").length).toBe(0);
});

test("over months a figure's small line has a point a week", async () => {
  const points = (root: HTMLElement) =>
    root.querySelector("[data-testid=figure-target] polyline")?.getAttribute("points")?.split(" ").length;
  for (const [days, count] of [
    [30, 30],
    [90, 12],
  ] as const) {
    const { root } = opened(reportOf(days));
    await vi.waitFor(() => expect(points(root)).toBe(count));
  }
});

test("each time in the table of agents has its unit, since 3:10 may be minutes or hours", async () => {
  const { root } = opened();
  await vi.waitFor(() => expect(root.querySelectorAll("tbody tr").length).toBeGreaterThan(3));
  const cells = [...root.querySelectorAll(".wl-report-three tbody td.wl-right")].map(({ textContent }) => textContent);
  const times = cells.filter((text) => /\d:\d/u.test(text ?? ""));
  expect(times.length).toBeGreaterThan(3);
  expect(times.filter((text) => !/\u00a0(?:min|h)$/u.test(text ?? ""))).toEqual([]);
});

test("one person's figures: of today's team or of who answered, with lists and tables of that person alone", async () => {
  const { asked, lists, root, button, t } = opened();
  await vi.waitFor(() => expect(root.querySelector("[data-testid=figure-automatic]")).not.toBeNull());
  const list = root.querySelector("[data-testid=report-agent]") as HTMLSelectElement;
  expect([...list.options].map(({ text }) => text)).toEqual([
    t.everybody,
    ...["Ana Ionescu", "Mihai Toma", "Radu Marin", "Zoe Pop"],
  ]);
  expect(list.value).toBe("");
  choose(root, "a-mihai");
  await vi.waitFor(() =>
    expect(root.querySelector(".wl-page-sub")?.textContent).toContain(t.countedHint("Mihai Toma")),
  );
  expect(asked).toEqual(["days=7", "days=7&agent=a-mihai"]);
  await vi.waitFor(() => expect(root.querySelector("[data-testid=figure-asked]")).not.toBeNull());
  expect(root.querySelector("[data-testid=figure-automatic]")).toBeNull();
  expect(root.querySelector(".wl-report-legend")?.textContent).not.toContain(t.byBot);

  (root.querySelector("[data-testid=figure-asked]") as HTMLElement).click();
  await vi.waitFor(() => expect(lists.length).toBe(1));
  expect(lists[0]).toMatch(/^\/api\/episodes\?figure=asked&.*&agent=a-mihai$/u);
  let saved = "";
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved = this.href;
  });
  button(t.exportCsv).click();
  await vi.waitFor(() => button(t.byTag, "[role=menuitem]").click());
  expect(saved).toContain("tags.csv?days=7&agent=a-mihai");

  choose(root, "");
  await vi.waitFor(() => expect(asked.at(-1)).toBe("days=7"));
  expect(root.querySelector("[data-testid=episodes]")).toBeNull();
});

test("a list that loads has the place of as many conversations as its figure counts", async () => {
  const whole = reportOf(7);
  const found = { ...whole, totals: { ...whole.totals, ratings: 3 } };
  const { root, t } = opened(found, new Promise(() => undefined));
  const rows = () => root.querySelectorAll("[data-testid=episodes] [inert] tbody tr").length;
  for (const [figure, n] of [
    ["satisfaction", 3],
    ["asked", 50], // the first page of 312
  ] as const) {
    await vi.waitFor(() => expect(root.querySelector(`[data-testid=figure-${figure}]`)).not.toBeNull());
    (root.querySelector(`[data-testid=figure-${figure}]`) as HTMLElement).click();
    await vi.waitFor(() => expect(rows()).toBe(n));
    expect(root.querySelector("[data-testid=episodes] [aria-busy]")?.textContent).toBe(textsFor("en").loading);
  }
  expect(root.querySelector("[data-testid=episodes] th button")?.textContent).toBe(t.client);
});

test("a person who answered nothing has no figures, and one button leads back to everybody's", async () => {
  const whole = reportOf(7);
  const none = { asked: 0, first_ms: null, in_target: null, resolve_ms: null, automatic: null, ratings: 0 };
  const empty = { totals: { ...whole.totals, ...none }, before: { ...whole.before, ...none } };
  const { root, button, t } = opened({ ...whole, ...empty });
  await vi.waitFor(() => expect(root.querySelectorAll("option").length).toBe(5));
  choose(root, "a-zoe");
  await vi.waitFor(() => expect(root.textContent).toContain(t.noFiguresOf("Zoe Pop")));
  button(t.showEverybody).click();
  await vi.waitFor(() => expect((root.querySelector("select") as HTMLSelectElement).value).toBe(""));
});
