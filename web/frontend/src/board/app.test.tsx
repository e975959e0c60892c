// @vitest-environment happy-dom
import type { signal } from "@preact/signals";
import { render } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ConversationView, Item } from "../core/view.ts";
import type { ClientFacts } from "../link/desk-api.ts";
import type { Connection } from "../ui/connection-bar.tsx";
import { clock, periodTitle, whenNear } from "../ui/format.ts";
import { boardTextsFor, textsFor } from "../ui/messages.ts";
import { board, drawn, field, mount, orders, page, press, said, tries, undone } from "./app.fixture.tsx";
import { NOW } from "./board.fixture.ts";
import { Consumption, Live, periodOf, shownRange } from "./consumption.tsx";
import { WORD_MS } from "./keys.ts";
import { snoozeTimes } from "./snooze.ts";

beforeEach(mount);

const at = (text: string): number => Date.parse(text);

test("a client's month is the calendar's, in the company's zone, and so are the months before it", () => {
  const november = periodOf("month", at("2026-11-29T12:00Z"), 0, "Europe/Bucharest");
  expect([november.from, november.to]).toEqual([at("2026-10-31T22:00Z"), at("2026-11-30T22:00Z")]);
  const october = periodOf("month", at("2026-11-30T21:59Z"), 1, "Europe/Bucharest");
  expect([october.from, october.to]).toEqual([at("2026-09-30T21:00Z"), at("2026-10-31T22:00Z")]);
  const last = periodOf("month", at("2026-01-05T12:00Z"), 1, "Europe/Bucharest");
  expect(last.from).toBe(at("2025-11-30T22:00Z"));
});

describe("the live line", () => {
  test("a meter that tells no power shows when it reported, and no 0.00 kW", () => {
    const place = document.createElement("div");
    const t = boardTextsFor("en");
    render(<Live board={board} t={t} client="c-1" stored={{ meter: "m", at: NOW - 60_000, w: null }} />, place);
    expect(place.textContent?.trim()).toBe("meter 1\u00a0min ago");
    render(<Live board={board} t={t} client="c-1" stored={{ meter: "m", at: NOW - 60_000, w: 420 }} />, place);
    expect(place.textContent?.trim()).toBe("Now 0.42 kW · meter 1\u00a0min ago");
    render(null, place);
  });
});

test("an earlier period that is empty is asked for again: a new meter is still sending its history", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const place = document.createElement("div");
  try {
    const asked: number[] = [];
    const empty = { points: [], last: null, price: null, tz: "UTC" };
    vi.spyOn(board.desk.api, "consumption").mockImplementation(async (_, { from }) => {
      asked.push(from);
      return empty;
    });
    board.drawn.value = "c-1";
    const props = { board, t: boardTextsFor("en"), words: textsFor("en"), client: "c-1" };
    render(<Consumption {...props} />, place);
    place.querySelector<HTMLElement>("[aria-label='Period before']")?.click();
    await vi.advanceTimersByTimeAsync(10_000);
    const [earliest] = [...asked].sort((one, other) => one - other);
    expect(asked.filter((from) => from === earliest).length).toBeGreaterThan(1);
    expect(new Set(asked).size).toBe(2);
  } finally {
    render(null, place);
    vi.useRealTimers();
    vi.restoreAllMocks();
  }
});

test("a week is the seven whole days that end with today, also over a change of the clock", () => {
  const zone = "Europe/Bucharest";
  const week = periodOf("week", at("2026-10-27T12:00Z"), 0, zone);
  expect([week.from, week.to]).toEqual([at("2026-10-20T21:00Z"), at("2026-10-27T22:00Z")]);
  expect(periodOf("week", at("2026-10-27T12:00Z"), 1, zone).to).toBe(week.from);
});

test("the unusual day is asked about by one press, with nothing selected; a new month shows the one before", async () => {
  const first = at("2026-12-01T00:00Z");
  vi.spyOn(board.outside, "now").mockReturnValue(first + 3_600_000);
  const day = (date: string, wh: number, unusual: boolean) => ({
    at: at(date),
    to: at(date) + 86_400_000,
    wh,
    w: null,
    unusual,
  });
  const asked = vi.spyOn(board.desk.api, "consumption").mockResolvedValue({
    points: [day("2026-11-28T00:00Z", 24_600, true), day("2026-11-29T00:00Z", 9_000, false)],
    last: { meter: "m-1", at: first, w: 300 },
    price: null,
    tz: "UTC",
  });
  const share = vi.fn();
  vi.spyOn(board.desk, "open").mockReturnValue({ ...board.desk.open("c-1"), share } as never);
  board.drawn.value = "c-1";
  const place = document.createElement("div");
  render(<Consumption board={board} t={boardTextsFor("en")} words={textsFor("en")} client="c-1" />, place);
  const ask = () => place.querySelector<HTMLElement>("[data-testid=ask]");
  await vi.waitFor(() => expect(ask()?.textContent).toBe("Ask about 28 Nov"));
  expect(asked.mock.calls[0]?.[1]).toMatchObject({ from: at("2026-11-01T00:00Z"), to: first });
  ask()?.click();
  const card = { meter: "m-1", from: at("2026-11-28T00:00Z"), to: at("2026-11-29T00:00Z") };
  expect(share).toHaveBeenCalledWith({ kind: "card", card });
  render(null, place);
  vi.restoreAllMocks();
});

test("a day is the calendar's, also where a clock changes", () => {
  const zone = "Europe/Bucharest";
  const day = (now: string, back: number) => periodOf("day", at(now), back, zone);
  const changed = { from: at("2026-10-24T21:00Z"), to: at("2026-10-25T22:00Z"), step: "hour" };
  expect(day("2026-10-25T21:59Z", 0)).toEqual(changed);
  expect(day("2026-10-26T12:00Z", 1)).toEqual(changed);
});

describe("a day", () => {
  const place = document.createElement("div");
  const now = at("2026-12-01T19:52Z");
  const text = (selector: string) => place.querySelector(selector)?.textContent;
  const show = (points: readonly object[], last: number) => {
    board.now.value = now;
    vi.spyOn(board.outside, "now").mockReturnValue(now);
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(900);
    const answer = { points, last: { meter: "m-1", at: last, w: 300 }, price: null, tz: "UTC" };
    const asked = vi.spyOn(board.desk.api, "consumption").mockResolvedValue(answer as never);
    board.drawn.value = "c-1";
    shownRange.value = "day";
    render(<Consumption board={board} t={boardTextsFor("en")} words={textsFor("en")} client="c-1" />, place);
    return asked;
  };
  const hour = (begin: string, wh: number) => ({ at: at(begin), to: at(begin) + 3_600_000, wh, w: null });
  afterEach(() => {
    render(null, place);
    shownRange.value = "month";
    vi.restoreAllMocks();
  });

  test("it is named with its total, its hours to come keep their place, and the button names the hours", async () => {
    const asked = show([hour("2026-12-01T00:00Z", 600), hour("2026-12-01T17:00Z", 1_500)], now);
    await vi.waitFor(() => expect(text("[data-testid=ask]")).toBe("Ask about 17:00–18:00"));
    expect(asked.mock.calls[0]?.[1]).toMatchObject({ from: at("2026-12-01T00:00Z"), to: at("2026-12-02T00:00Z") });
    expect(text(".wl-period")).toBe("Tue, 1 Dec 20262.1 kWh");
    expect(text(".wl-chart-line")).toContain("Peak\u00a017:00");
    await vi.waitFor(() => expect(place.querySelectorAll("svg text")).not.toHaveLength(0));
    expect([...place.querySelectorAll("svg text")].map(({ textContent }) => textContent)).toContain("23");
    // What is chosen has its sum in the comparison's place, so that nothing below moves.
    for (const key of ["ArrowRight", "Enter"]) {
      place
        .querySelector("[data-testid=chart]")
        ?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      await drawn();
    }
    await vi.waitFor(() => expect(text("[data-testid=asking]")).toContain("Tue 1 Dec 00:00–01:00: 0.60\u00a0kWh"));
    expect(text("[data-testid=ask]")).toBe("Ask about 00:00–01:00");
    expect(place.querySelector("[data-testid=compare]")).toBeNull();
    place.querySelector<HTMLElement>("[aria-label='Period before']")?.click();
    await vi.waitFor(() => expect(text("[data-testid=period]")).toBe("Mon, 30 Nov 2026"));
  });

  test("Enter on hours chosen by keys leads to the button that asks about all of them", async () => {
    document.body.append(place);
    show([hour("2026-12-01T16:00Z", 600), hour("2026-12-01T17:00Z", 1_500), hour("2026-12-01T18:00Z", 700)], now);
    await vi.waitFor(() => expect(text("[data-testid=ask]")).toBe("Ask about 17:00–18:00"));
    for (const key of ["ArrowLeft", "ArrowLeft", "Enter"]) {
      place
        .querySelector("[data-testid=chart]")
        ?.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey: true, bubbles: true, cancelable: true }));
      await drawn();
    }
    expect(text("[data-testid=ask]")).toBe("Ask about 17:00–19:00");
    expect(document.activeElement).toBe(place.querySelector("[data-testid=ask]"));
    place.remove();
  });

  test("one without a reading says so, and leads to the day of the last one", async () => {
    show([], at("2026-11-29T23:50Z"));
    await vi.waitFor(() => expect(place.textContent).toContain("No readings, Tue, 1 Dec 2026"));
    [...place.querySelectorAll("button")].find(({ textContent }) => textContent === "Show Sun, 29 Nov 2026")?.click();
    await vi.waitFor(() => expect(text("[data-testid=period]")).toBe("Sun, 29 Nov 2026"));
  });

  test("after midnight the new one is asked for, and the old one's hours go at once", async () => {
    const asked = show([hour("2026-12-01T17:00Z", 1_500)], now);
    await vi.waitFor(() => expect(text("[data-testid=ask]")).toBe("Ask about 17:00–18:00"));
    asked.mockReturnValue(new Promise(() => {}));
    const tomorrow = at("2026-12-02T00:00Z");
    vi.spyOn(board.outside, "now").mockReturnValue(tomorrow);
    board.now.value = tomorrow;
    await vi.waitFor(() => expect(asked.mock.lastCall?.[1].from).toBe(tomorrow));
    expect([text("[data-testid=period]"), text("[data-testid=ask]")]).toEqual(["Wed, 2 Dec 2026", undefined]);
  });
});

test("a year is the calendar's with bars of months; in January, which has no whole month, the one before", () => {
  const zone = "Europe/Bucharest";
  const year = { from: at("2025-12-31T22:00Z"), to: at("2026-12-31T22:00Z"), step: "month" };
  expect(periodOf("year", at("2026-12-31T21:59Z"), 0, zone)).toEqual(year);
  expect(periodOf("year", at("2027-01-05T12:00Z"), 1, zone)).toEqual(year);
});

describe("a year", () => {
  const place = document.createElement("div");
  const peak = at("2026-03-28T17:30Z");
  const text = (selector: string) => place.querySelector(selector)?.textContent;
  const asks = () => [...place.querySelectorAll("[data-testid=ask]")].map(({ textContent }) => textContent);
  const show = (): void =>
    render(<Consumption board={board} t={boardTextsFor("en")} words={textsFor("en")} client="c-1" />, place);
  const toggle = (summary: string): void => {
    const details = [...place.querySelectorAll("details")].find(({ textContent }) => textContent.startsWith(summary));
    if (details) details.open = !details.open;
    details?.dispatchEvent(new Event("toggle"));
  };
  const quarters = vi.fn(async () => ({
    at: [at("2026-03-28T00:00Z"), peak, at("2026-06-01T00:00Z")],
    wh: [100, 1742, 100],
  }));
  const month = (from: string, to: string, wh: number) => ({ at: at(from), to: at(to), wh, w: null });

  beforeEach(() => {
    quarters.mockClear();
    board.now.value = at("2026-06-10T12:00Z");
    vi.spyOn(board.outside, "now").mockReturnValue(board.now.value);
    Object.assign(board.desk.api, { quarters });
    vi.spyOn(board.desk.api, "consumption").mockImplementation(async (_, { step }) => ({
      points:
        step === "month"
          ? [
              month("2026-03-01T00:00Z", "2026-04-01T00:00Z", 1_842),
              month("2026-06-01T00:00Z", "2026-07-01T00:00Z", 9_000),
            ]
          : [],
      last: { meter: "m-1", at: peak, w: 300 },
      price: null,
      tz: "UTC",
    }));
    board.drawn.value = "c-1";
    shownRange.value = "year";
    show();
  });
  afterEach(() => {
    render(null, place);
    shownRange.value = "month";
    vi.restoreAllMocks();
  });

  test("its months are bars of the one chart, named with year and total, compared and asked about as others are", async () => {
    await vi.waitFor(() => expect(asks()).toEqual(["Ask about Jun 2026"]));
    expect(text("[data-testid=period]")).toBe("2026");
    expect(place.querySelector("[data-testid=chart]")?.getAttribute("aria-label")).toMatch(
      /^Bar chart: Consumption, 2026, 10\.8 kWh, Mar 2026 to Jun 2026\./u,
    );
    expect([...place.querySelectorAll("option")].map(({ value }) => value)).toEqual(["none", "standard"]);
    expect([...place.querySelectorAll("tbody th")].map(({ textContent }) => textContent)).toEqual([
      "Mar 2026",
      "Jun 2026",
    ]);
    place.querySelector<HTMLElement>("[aria-label='Period before']")?.click();
    await vi.waitFor(() => expect(text("[data-testid=period]")).toBe("2025"));
  });

  test("its quarter hours are asked for when they are wanted, name the day of their peak, and go with the range", async () => {
    await vi.waitFor(() => expect(asks()).toHaveLength(1));
    expect(quarters).not.toHaveBeenCalled();
    toggle("Show each quarter hour");
    await vi.waitFor(() => expect(asks()[1]).toMatch(/^Ask about 28 Mar$/u));
    const shown = { from: at("2026-01-01T00:00Z"), to: at("2027-01-01T00:00Z") };
    expect(quarters).toHaveBeenCalledWith("c-1", shown);
    expect(text(".wl-quarter-hours .wl-chart-unit")).toBe("kW, mean of 15 min, 2026");
    expect(text(".wl-quarter-hours .wl-chart-line")).toContain("Sat 28 Mar, ");
    toggle("Hide the quarter hours");
    await vi.waitFor(() => expect(asks()).toHaveLength(1));
    toggle("Show each quarter hour");
    await vi.waitFor(() => expect(asks()).toHaveLength(2));
    for (const name of ["Month", "Year"]) {
      [...place.querySelectorAll("button")].find(({ textContent }) => textContent === name)?.click();
      await vi.waitFor(() => expect(text("[aria-pressed=true]")).toBe(name));
    }
    await vi.waitFor(() => expect(asks()).toHaveLength(1));
    expect(text("details:last-of-type > summary")).toBe("Show each quarter hour");
  });
});

describe("consumption without readings", () => {
  const place = document.createElement("div");
  const show = (last: { meter: string; at: number; w: number } | null, meters: readonly string[]) => {
    vi.spyOn(board.desk.api, "consumption").mockResolvedValue({ points: [], last, price: null, tz: "UTC" });
    board.clients.facts.put("c-1", { state: "loaded", value: { meters, devices: [] } as unknown as ClientFacts });
    board.drawn.value = "c-1";
    render(<Consumption board={board} t={boardTextsFor("en")} words={textsFor("en")} client="c-1" />, place);
  };
  afterEach(() => {
    render(null, place);
    vi.restoreAllMocks();
  });

  test("a client who has no meter is shown no period, and an administrator the way to the devices", async () => {
    show(null, []);
    await vi.waitFor(() => expect(place.textContent).toContain("No meter yet"));
    expect([place.querySelector("[data-testid=period]"), place.querySelector("a")]).toEqual([null, null]);
    render(null, place);
    Object.assign(board.config.me, { admin: true });
    show(null, []);
    await vi.waitFor(() => expect(place.querySelector("a")?.getAttribute("href")).toBe("#/settings/devices"));
    Object.assign(board.config.me, { admin: false });
  });

  test("an empty period says when the last reading came, and a button shows that period", async () => {
    const last = { meter: "m-1", at: NOW - 62 * 86_400_000, w: 400 };
    show(last, ["m-1"]);
    await vi.waitFor(() => expect(place.textContent).toContain(`Last reading: ${whenNear("en", last.at, NOW)}`));
    const shown = () => place.querySelector("[data-testid=period]")?.textContent;
    const { from, to } = periodOf("month", last.at, 0, board.config.tz);
    const wanted = periodTitle("en", from, to, board.config.tz);
    [...place.querySelectorAll("button")].find(({ textContent }) => textContent === `Show ${wanted}`)?.click();
    await vi.waitFor(() => expect(shown()).toBe(wanted));
  });
});

test("the list of an attribute is not called empty before the server told who has it; a failure is said", async () => {
  const list = () => document.querySelector(".wl-pane-list")?.textContent;
  board.facets.value = ["attribute:plan:Solar"];
  await vi.waitFor(() => expect(page).toHaveBeenCalled());
  expect(list()).toContain("Loading");
  board.list.isFailed.value = true;
  await drawn();
  expect(list()).toContain("The search failed. Try again in a moment.");
  board.list.having.value = new Map([["attribute:plan:Solar", new Set<string>()]]);
  await drawn();
  expect(list()).toContain("Nothing here with “plan = Solar”");
});

test("c finds a client of the portal on the server, and Enter opens the first message to them", async () => {
  await press("j");
  await press("c");
  const field = await vi.waitFor(() => {
    const found = document.querySelector<HTMLInputElement>("[data-testid=start-picker] input");
    expect(found).not.toBeNull();
    return found as HTMLInputElement;
  });
  field.value = "ioana";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() =>
    expect(document.querySelector("[role=option]")?.textContent).toContain("Found by ioana c-77 · Hill"),
  );
  field.focus();
  await press("Enter");
  expect(board.route.value.client).toBe("c-77");
  await vi.waitFor(() => expect(document.activeElement?.tagName).toBe("TEXTAREA"));
});

test("@ at a note's end finds a colleague, whose name Enter writes; an address and an @ left there find nobody", async () => {
  board.open("c-1");
  board.drafts.setMode("c-1", "note");
  await vi.waitFor(() => expect(field()).not.toBeNull());
  const type = async (text: string): Promise<void> => {
    const into = field() as HTMLTextAreaElement;
    into.value = text;
    into.dispatchEvent(new Event("input", { bubbles: true }));
    await drawn();
  };
  await type("Mail ion@");
  expect(board.dialog.value).toBe(null);
  await type("");
  await type("Ask @");
  const find = () => document.querySelector<HTMLInputElement>("[data-testid=mention-picker] input");
  await vi.waitFor(() => expect(document.querySelector("[role=option]")?.textContent).toContain("Radu"));
  find()?.focus();
  await press("Enter");
  expect(board.drafts.of("c-1", "note")).toBe("Ask @Radu ");
  board.drafts.set("c-1", "note", "Ask @");
  await drawn();
  await type("Task @");
  expect(board.dialog.value).toBe(null);
});

test("a phone's search button moves the focus to the field", async () => {
  document.querySelector<HTMLElement>(".wl-search-button button")?.click();
  expect(document.activeElement?.id).toBe("wl-search");
});

test("beside a visitor, who has no meter, stands no consumption, and the reply offers none to share", async () => {
  board.open("c-1");
  await vi.waitFor(() => expect(document.querySelector("#wl-consumption")).not.toBeNull());
  expect(document.querySelector("[aria-label='Share a period']")).not.toBeNull();
  board.open("g-7f3ac01d9be2");
  await drawn();
  expect(document.querySelector("#wl-conversation-title")?.textContent).toBe("Visitor 7f3a");
  expect(document.querySelector("#wl-consumption")).toBeNull();
  expect(document.querySelector("[aria-label='Share a period']")).toBeNull();
});

test("a search without hits says what was searched, and includes automatic answers by one press", async () => {
  vi.spyOn(board.searching.outside, "search").mockResolvedValue({ hits: [], names: {}, words: [], cursor: null });
  const found = () => document.querySelector("[data-testid=results]");
  board.query.value = "b";
  await vi.waitFor(() => expect(found()?.textContent).toContain("Type two letters or more"));
  expect(found()?.textContent).not.toContain("Nothing matches");
  board.query.value = "boyler";
  await vi.waitFor(() => expect(found()?.textContent).toContain("Nothing matches “boyler”"));
  expect(found()?.textContent).toContain("automatic answers were not");
  expect(found()?.textContent).toContain("Filters: from:me");
  found()?.querySelector("button")?.click();
  expect(board.query.value).toBe("boyler from:all");
  await vi.waitFor(() => expect(found()?.querySelector("button")?.textContent).toBe("Clear the search"));
  expect(found()?.textContent).toContain("Automatic answers were searched too");
});

test("a row that a search found has the found words marked, in its name and in its text", async () => {
  board.query.value = "mar hel";
  const marks = () => [...document.querySelectorAll("[data-testid=results] [data-client=c-1] mark")];
  await vi.waitFor(() => expect(marks().map((mark) => mark.textContent)).toEqual(["Maria", "hello"]));
});

describe("the board", () => {
  test("a row says name and client id, what waits, how long and in words that it is too long", () => {
    const row = document.querySelector('[data-client="c-1"]')?.textContent ?? "";
    for (const part of ["Maria Pop", "c-1", "2 unread", "waiting 15\u00a0m, more than twice the target"])
      expect(row).toContain(part);
    expect(document.title).toBe("(2) Board · Wattline");
  });

  test("the title counts what is unread, and has no number when nothing is", async () => {
    const { inbox } = board.desk;
    const read = Object.entries(inbox.value.summaries).map(([client, row]) => [client, { ...row, unread: 0 }]);
    inbox.value = { ...inbox.value, summaries: Object.fromEntries(read) };
    await vi.waitFor(() => expect(document.title).toBe("Board · Wattline"));
  });

  test("a lost connection says since when, through all its tries, and a button tries at once", async () => {
    const connection = board.desk.connection as ReturnType<typeof signal<Connection>>;
    connection.value = { state: "connecting", sinceMs: NOW - 600_000, reason: "lost" };
    await drawn();
    await vi.waitFor(() => expect(document.querySelector(".wl-line-connecting button")?.textContent).toBe("Try now"));
    connection.value = { state: "offline", sinceMs: NOW - 1_000, reason: "unreachable" };
    const strip = () => document.querySelector(".wl-line-offline");
    await vi.waitFor(() => expect(strip()?.textContent).toContain(`since ${clock("en", NOW - 600_000)}.`));
    expect(strip()?.textContent).toContain("You can go on writing.");
    const before = tries;
    strip()?.querySelector("button")?.click();
    expect(strip()?.querySelector("button")?.textContent).toBe("Try now");
    expect(tries).toBe(before + 1);
    connection.value = { state: "live", sinceMs: NOW, reason: null };
    await vi.waitFor(() => expect(strip()).toBeNull());
  });

  test("earlier conversations are listed by the client's first question, with when it was, who answered and how it ended", async () => {
    const begun = { client: "c-1", name: "Maria Pop", answered: null, resolved: NOW - 1, use_after: null };
    const episodes = [
      // Resolved, and open again: it is the conversation that is shown.
      { ...begun, seq: 50, asked: NOW - 1, by: null, score: null, question: { text: "Is it over?" } },
      { ...begun, seq: 40, asked: NOW - 2, by: null, score: null, question: null },
      { ...begun, seq: 9, asked: NOW - 3, by: "a-radu", score: 4, question: { text: "Why is my bill so high?" } },
      {
        ...begun,
        seq: 1,
        asked: NOW - 4,
        by: null,
        score: null,
        question: { kind: "file", text: "meter.jpg" } as const,
      },
    ];
    vi.spyOn(board.desk.api, "earlier").mockResolvedValue({ episodes, names: {}, cursor: null });
    const nameOf = vi.spyOn(board, "nameOf").mockReturnValue("Radu Stan");
    board.open("c-1");
    const earlier = () => [...document.querySelectorAll<HTMLElement>("[data-testid=earlier]")];
    await vi.waitFor(() => expect(earlier().length).toBe(3));
    expect(earlier().map((link) => link.textContent)).toEqual([
      "Message deleted",
      "Why is my bill so high?",
      "File: meter.jpg",
    ]);
    expect(earlier()[1]?.closest("li")?.textContent).toContain(clock("en", NOW - 3));
    expect(earlier()[1]?.closest("li")?.textContent).toMatch(/Radu Rated 4 of 5/u);
    expect(nameOf).toHaveBeenCalledWith("a-radu");
    // No person answered.
    expect(earlier()[0]?.closest("li")?.textContent).toContain("automatic");
    vi.restoreAllMocks();
  });

  test("j and k go through the list, Enter opens", async () => {
    await press("j");
    await press("j");
    expect((document.activeElement as HTMLElement).dataset.client).toBe("c-2");
    await press("k");
    (document.activeElement as HTMLElement).click();
    await drawn();
    expect(location.hash).toBe("#/c-1");
    expect(document.querySelector<HTMLElement>("[data-testid=client-id]")?.title).toBe("c-1");
    expect(document.querySelector("[data-testid=colleagues]")?.textContent).toBe(
      "Radu is also viewing this conversation",
    );
  });

  test("after r or n the very next key is the field's, and no letter of a word orders anything", async () => {
    await press("Enter");
    await press("n");
    expect(document.activeElement).toBe(field());
    expect(field()?.getAttribute("aria-label")).toBe("Note on Maria Pop, only agents see this");
    for (const key of ["h", "e", "a", "s", "j", "/", "?"]) await press(key);
    expect(orders).toEqual([]);
    await press("Escape");
    expect(document.activeElement).not.toBe(field());
    await press("r");
    expect(field()?.getAttribute("aria-label")).toBe("Reply to Maria Pop");
    await press("Escape");
    await press("e");
    await vi.waitFor(() => expect(orders).toEqual([["c-1", { do: "resolve" }]]));
  });

  test("Escape leaves no page of the rail: it lies over nothing, and what is chosen or typed there stays", async () => {
    for (const page of ["reports", "branding"] as const) {
      board.go({ client: null, pane: "list", page });
      await drawn();
      (document.activeElement as HTMLElement).blur();
      await press("Escape");
      expect([board.route.value.page, location.hash.endsWith(page)]).toEqual([page, true]);
    }
    board.go({ client: null, pane: "list" });
  });

  test("on a page of the rail Enter and j open no conversation, and are the browser's, wherever the focus was before", async () => {
    document.querySelector<HTMLElement>("[data-client]")?.focus();
    board.go({ client: null, pane: "list", page: "agents" });
    await drawn();
    (document.activeElement as HTMLElement).blur();
    for (const key of ["Enter", "j", "k", "ArrowDown", "x"]) {
      const pressed = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
      expect([key, document.body.dispatchEvent(pressed)]).toEqual([key, true]);
    }
    const { cursor, selection } = board;
    expect([location.hash, cursor.value, selection.clients.value]).toEqual(["#/settings/agents", "c-1", null]);
    board.go({ client: null, pane: "list" });
  });

  test("over a page a question has every key: Escape is the browser's, which closes it, and no letter acts behind it", async () => {
    board.open("c-1");
    await drawn();
    const question = document.createElement("dialog");
    const [button, field] = [document.createElement("button"), document.createElement("input")];
    question.append(button, field);
    document.querySelector(".wl-board-main")?.append(question);
    question.showModal();
    const before = location.hash;
    for (const at of [button, field, document.body]) {
      at.focus();
      for (const key of ["Escape", "j", "e", "r", "/", "?", "Enter"]) {
        const pressed = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
        expect([key, at.dispatchEvent(pressed)]).toEqual([key, true]);
      }
    }
    await new Promise((done) => setTimeout(done, 2 * WORD_MS));
    expect([orders, board.dialog.value, location.hash]).toEqual([[], null, before]);
    question.close();
    field.blur();
    await press("?");
    expect(board.dialog.value).toBe("help");
  });

  test("an address that names no page is shown with two ways on; the rail shows no page as open", async () => {
    const before = location.hash;
    location.hash = "#/nowhere";
    board.followAddress("#/nowhere");
    await vi.waitFor(() => expect(document.querySelector(".wl-not-found code")?.textContent).toMatch(/#\/nowhere$/));
    expect(document.querySelectorAll(".wl-rail [aria-current], .wl-pages-nav").length).toBe(0);
    const ways = [...document.querySelectorAll<HTMLElement>(".wl-not-found .wl-button")];
    expect(ways.map((way) => way.textContent)).toEqual(["Open the inbox", "Search clients"]);
    ways[1]?.click();
    await vi.waitFor(() => expect(document.activeElement?.id).toBe("wl-search"));
    location.hash = before;
  });

  test("a sentence typed where no field is orders nothing, in the list as well as outside it", async () => {
    await press("Enter");
    for (const where of ["[data-testid=row]", "[role=log]", "[data-testid=resolve]"]) {
      document.querySelector<HTMLElement>(where)?.focus();
      for (const key of "every Sane thing please") await press(key);
      await new Promise((done) => setTimeout(done, 2 * WORD_MS));
      expect([orders, document.querySelector("[role=menu]")]).toEqual([[], null]);
    }
  });

  test("outside the list and the log e, s and a do nothing; a row that is gone takes no key along", async () => {
    await press("Enter");
    const row = document.querySelector<HTMLElement>("[data-testid=row]");
    row?.focus();
    row?.blur();
    await press("e");
    await vi.waitFor(() => expect(orders).toEqual([["c-1", { do: "resolve" }]]));
    document.querySelector<HTMLElement>("[data-testid=resolve]")?.focus();
    await press("e");
    await new Promise((done) => setTimeout(done, 2 * WORD_MS));
    expect(orders).toHaveLength(1);
  });

  test("r where nothing is open answers whoever has waited longest", async () => {
    await press("r");
    expect(document.activeElement).toBe(field());
    expect(field()?.getAttribute("aria-label")).toBe("Reply to Maria Pop");
  });

  test("the log calls the client by name, and never by an id where the name is known", async () => {
    await press("Enter");
    const said = { seq: 1, id: "m", from: "c-1", at: NOW, kind: "text", text: "hello" } as const;
    const view = board.desk.open("c-1").view as ReturnType<typeof signal<ConversationView>>;
    const item = {
      ...{
        key: "k",
        id: "m",
        seq: 1,
        sender: "c-1",
        name: null,
        mine: false,
        side: "client",
        kind: "text",
        text: "hello",
        at: NOW,
        day: "d",
      },
      ...{
        firstOfDay: true,
        firstOfGroup: true,
        tick: null,
        seenAt: null,
        refusal: null,
        edited: false,
        deleted: false,
        body: said,
      },
    } as Item;
    view.value = {
      ...(view.peek() as ConversationView),
      items: [item],
      typing: [{ sender: "c-1", name: null }],
      empty: false,
    };
    await drawn();
    const log = document.querySelector("[role=log]")?.textContent;
    expect([log?.includes("Maria Pop"), log?.includes("c-1")]).toEqual([true, false]);
  });

  test("a note is a note: tinted, labelled, and never said to the client", async () => {
    await press("Enter");
    await press("n");
    const note = field() as HTMLTextAreaElement;
    note.value = "heater replaced";
    note.dispatchEvent(new Event("input", { bubbles: true }));
    await drawn();
    expect(note.closest(".wl-composer-note")).not.toBeNull();
    expect(document.querySelector("button[type=submit]")?.textContent).toBe("Add note");
    await press("Enter");
    expect([said, orders]).toEqual([[], [["c-1", { do: "note", text: "heater replaced" }]]]);
  });

  test("a menu opens by its key, takes the focus, and gives the log the focus on Esc", async () => {
    await press("Enter");
    const focused = (text: string) =>
      vi.waitFor(() => expect((document.activeElement as HTMLElement).textContent).toContain(text));
    await press("a");
    await focused("To me");
    await press("ArrowDown");
    expect((document.activeElement as HTMLElement).querySelector(".wl-menu-label")?.textContent).toBe("Radu");
    await press("Escape");
    await vi.waitFor(() => expect(document.activeElement?.getAttribute("role")).toBe("log"));
    expect(orders).toEqual([]);
    await press("a");
    await focused("To me");
    await press("ArrowDown");
    (document.activeElement as HTMLElement).click();
    expect(orders).toEqual([["c-1", { do: "assign", to: "a-radu" }]]);
  });

  test("a menu that its button opened gives the button the focus after a choice", async () => {
    const button = document.querySelector<HTMLElement>(".wl-pane-list [aria-haspopup=menu]");
    button?.click();
    await vi.waitFor(() => expect(document.activeElement?.getAttribute("role")).toMatch("menuitem"));
    (document.activeElement as HTMLElement).click();
    await vi.waitFor(() => expect(document.querySelector("[role=menu]")).toBeNull());
    expect(document.activeElement).toBe(button);
  });

  test("what nobody has is one's own by two keys", async () => {
    location.hash = "#/c-3";
    await vi.waitFor(() => expect(document.querySelector<HTMLElement>("[data-testid=client-id]")?.title).toBe("c-3"));
    await press("a");
    await vi.waitFor(() => expect(document.activeElement?.getAttribute("role")).toBe("menuitemradio"));
    (document.activeElement as HTMLElement).click();
    expect(orders).toEqual([["c-3", { do: "assign", to: "a-ana" }]]);
  });

  test("what nobody has is one's own by one press, and the field has the focus", async () => {
    location.hash = "#/c-3";
    const take = await vi.waitFor(() => {
      const found = document.querySelector<HTMLElement>("[data-testid=assign-me]");
      expect(found?.textContent).toBe("Assign to me");
      return found as HTMLElement;
    });
    // Where the head is narrow, its words are hidden.
    const named = [take, ...document.querySelectorAll<HTMLElement>("[data-testid=resolve]")];
    expect(named.map((button) => [button.getAttribute("aria-label"), button.title])).toEqual([
      ["Assign to me", "Assign to me"],
      ["Resolve", "Resolve"],
    ]);
    take.click();
    expect(orders).toEqual([["c-3", { do: "assign", to: "a-ana" }]]);
    expect(document.activeElement).toBe(field());
  });

  test("a menu's key and the key of a choice may follow each other at once", async () => {
    await press("Enter");
    await press("s");
    await press("3");
    await vi.waitFor(() => expect(orders).toEqual([["c-1", { do: "snooze", until: snoozeTimes(NOW).tomorrow }]]));
    await vi.waitFor(() => expect(document.activeElement?.getAttribute("role")).toBe("log"));
    board.open("c-3");
    await drawn();
    document.querySelector<HTMLElement>("[role=log]")?.focus();
    await press("a");
    await press("Enter");
    await vi.waitFor(() => expect(orders.slice(1)).toEqual([["c-3", { do: "assign", to: "a-ana" }]]));
  });

  test("a digit with Ctrl is the browser's, and chooses nothing in a menu", async () => {
    await press("Enter");
    await press("s");
    await vi.waitFor(() => expect(document.activeElement?.getAttribute("role")).toBe("menuitem"));
    const key = new KeyboardEvent("keydown", { key: "1", ctrlKey: true, bubbles: true, cancelable: true });
    document.activeElement?.dispatchEvent(key);
    expect([key.defaultPrevented, orders]).toEqual([false, []]);
    board.menu.value = null;
  });

  test("j, then r answers the row under the cursor, although another conversation is open", async () => {
    await press("Enter");
    document.querySelector<HTMLElement>("[data-client=c-1]")?.focus();
    await press("j");
    await press("r");
    expect(board.route.value.client).toBe("c-2");
    expect(document.activeElement).toBe(field());
    expect(field()?.getAttribute("aria-label")).toBe("Reply to Ion Dumitru");
  });

  test("r in the log answers the open conversation, wherever the cursor is", async () => {
    await press("Enter");
    board.cursor.value = "c-2";
    document.querySelector<HTMLElement>("[role=log]")?.focus();
    await press("r");
    expect(field()?.getAttribute("aria-label")).toBe("Reply to Maria Pop");
  });

  test("Enter in the menu beside Send is the focused item's, not Send's", async () => {
    await press("Enter");
    await press("r");
    const reply = field() as HTMLTextAreaElement;
    reply.value = "Done.";
    reply.dispatchEvent(new Event("input", { bubbles: true }));
    await drawn();
    await vi.waitFor(() => {
      board.menu.value = "send"; // again, where a menu that closed before took the focus back
      expect(document.activeElement?.getAttribute("role")).toBe("menuitem");
    });
    await press("ArrowDown");
    expect(document.activeElement?.textContent).toContain("Send and resolve");
    await press("Enter");
    expect(said).toEqual([]);
  });

  test("no digit stands for two items of a menu, also where a phone has one menu for all", async () => {
    vi.spyOn(board.outside, "isOnePane").mockReturnValue(true);
    board.open("c-1");
    const menu = () => document.querySelector("[role=menu]")?.textContent ?? "";
    await vi.waitFor(() => {
      board.menu.value = "actions"; // again, where a menu that closed before took the focus back
      expect(menu()).toContain("Until tomorrow");
    });
    const digits = [...document.querySelectorAll<HTMLElement>("[role=menu] [data-hotkey]")];
    expect(new Set(digits.map(({ dataset }) => dataset.hotkey)).size).toBe(digits.length);
    vi.restoreAllMocks();
  });

  test("the filter menu tells of how many conversations each choice is true, and no value that nobody has", async () => {
    board.filter.value = "all";
    board.menu.value = "facet";
    const texts = (item: Element) =>
      [...item.querySelectorAll(".wl-menu-label, .wl-menu-hint")].map((each) => each.textContent);
    const items = () =>
      [...document.querySelectorAll("[role=menuitemradio]")].map((item) => texts(item).join(" ").trim());
    await vi.waitFor(() => expect(items()[0]).toBe("Unread 1"));
    expect(items()).toEqual(["Unread 1", "Urgent 0", "Ana 2"]);
    // An attribute is offered when a client of the list has one.
    const last = () => [...document.querySelectorAll("[role^=menuitem]")].at(-1)?.textContent;
    expect(last()).toMatch(/Ana/u);
    board.clients.attributes.put("all", { state: "loaded", value: [] });
    await drawn();
    expect(last()).toMatch(/Ana/u);
    board.clients.attributes.put("all", { state: "loaded", value: [{ name: "plan", values: ["Solar"] }] });
    await vi.waitFor(() => expect(last()).toMatch(/^Attribute/u));
  });

  test("a colleague has a name in the filter before anybody told it over the wire", async () => {
    const agent = { id: "a-mihai", name: "Mihai Toma", admin: false, disabled: false, has_password: true, seen: null };
    vi.spyOn(board.desk.api, "agents").mockResolvedValue([agent]);
    board.facets.value = ["of:a-mihai"];
    await vi.waitFor(() => expect(document.querySelector(".wl-facets")?.textContent).toContain("Mihai Toma"));
    vi.restoreAllMocks();
  });

  test("the side column tags the open conversation, whatever is checked in the list", async () => {
    board.open("c-1");
    board.selection.toggle("c-2");
    board.dialog.value = "tag-open";
    const field = await vi.waitFor(() => {
      const found = document.querySelector<HTMLInputElement>("[data-testid=tag-picker] input");
      expect(found).not.toBe(null);
      return found as HTMLInputElement;
    });
    field.value = "bill";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await drawn();
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    expect(orders).toEqual([["c-1", { do: "tag", add: ["bill"], remove: [] }]]);
    expect(board.selection.size).toBe(1);
  });

  test("x checks rows, e resolves all that are checked, and the bar is gone", async () => {
    await press("j");
    await press("x");
    await press("j");
    await press("x");
    // The bar is a chunk that the first check asks for.
    const selected = () => document.querySelector("[data-testid=bulk] strong")?.textContent;
    await vi.waitFor(() => expect(selected()).toBe("2 selected"));
    await press("e");
    await vi.waitFor(() => expect(orders).toEqual(["c-1", "c-2"].map((client) => [client, { do: "resolve" }])));
    await drawn();
    expect(document.querySelector("[data-testid=bulk]")).toBeNull();
    expect(document.querySelector("[data-testid=toast]")?.textContent).toContain("Resolved: 2 conversations");
  });

  test("after a press on Resolve the focus is where e puts it, and z undoes", async () => {
    await press("Enter");
    const resolve = document.querySelector<HTMLElement>("[data-testid=resolve]");
    resolve?.focus();
    resolve?.click();
    await drawn();
    expect(document.activeElement?.getAttribute("role")).toBe("log");
    await press("z");
    expect(undone).toEqual(["c-1"]);
  });

  test("with nothing open a press on the bar's Resolve leaves the focus in the list, and z undoes", async () => {
    board.selection.toggle("c-1");
    board.selection.toggle("c-2");
    await drawn();
    const resolve = document.querySelector<HTMLElement>("[data-testid=bulk-resolve]");
    resolve?.focus();
    resolve?.click();
    await drawn();
    expect(document.activeElement?.closest(".wl-pane-list")).not.toBe(null);
    await press("z");
    expect(undone).toEqual(["c-1", "c-2"]);
  });

  test("what is resolved stands in one order, newest first, and no menu offers another", async () => {
    const order = () => document.querySelector(".wl-sorting")?.firstElementChild;
    expect(order()?.querySelector("button")?.textContent).toContain("Longest waiting");
    board.show("resolved");
    await drawn();
    expect([order()?.textContent, order()?.querySelector("button")]).toEqual(["Newest message", null]);
  });

  test("a period to share leads to the chart, and without readings to where it says so", async () => {
    await press("Enter");
    const heading = await vi.waitFor(() => {
      const found = document.getElementById("wl-consumption");
      expect(found).not.toBe(null);
      return found;
    });
    document.querySelector<HTMLElement>("[aria-label='Share a period']")?.click();
    await vi.waitFor(() => expect(document.activeElement).toBe(heading));
  });

  test("z undoes wherever the focus is, as long as the toast says so", async () => {
    await press("Enter");
    const more = document.querySelector<HTMLElement>(".wl-head-actions [aria-haspopup]");
    board.snooze(["c-1"], NOW + 1);
    await drawn();
    more?.focus();
    await press("z");
    await press("z");
    expect(undone).toEqual(["c-1"]);
  });

  test("Ctrl+Enter sends the words and resolves", async () => {
    await press("Enter");
    await press("r");
    const reply = field() as HTMLTextAreaElement;
    reply.value = "Done.";
    reply.dispatchEvent(new Event("input", { bubbles: true }));
    await drawn();
    reply.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true }));
    expect([said, orders]).toEqual([["c-1: Done."], [["c-1", { do: "resolve" }]]]);
  });

  test("keys of one letter can be turned off; Enter still opens", async () => {
    board.turnKeys(false);
    await press("j");
    expect(board.cursor.value).toBeNull();
    await press("Enter");
    expect(location.hash).toBe("#/c-1");
  });
});
