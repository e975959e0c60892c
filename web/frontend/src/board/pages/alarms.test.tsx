// @vitest-environment happy-dom
import { render } from "preact";
import { expect, test, vi } from "vitest";
import type { Alarms, Settings, Tariff } from "../../link/desk-api.ts";
import { type Lang, textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import { SettingsState } from "../settings-state.ts";
import type { Board } from "../state.ts";
import { AlarmsPage } from "./alarms.tsx";

const ALARMS: Alarms = {
  on: true,
  times_usual: 2,
  at_least_wh: 1000,
  limit_wh: null,
  limits: { "c-42": 6500 },
  silent: true,
  silent_minutes: 180,
  storm_meters: 20,
  tamper: true,
};

const t = pageTextsFor("en");

const TARIFF: Tariff = { currency: "EUR", price: null };

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** 28 November 2026, 17:00 in Bucharest. */
const EVENING = Date.UTC(2026, 10, 28, 15);
const NONE = { alarms: 0, clients: 0 };
/** One client of two is told by both kinds. */
const PREVIEW = {
  kinds: { usual: { alarms: 4, clients: 2 }, limit: { alarms: 1, clients: 1 }, silent: NONE, tamper: NONE },
  clients: 2,
  examples: [],
  newest: Array.from({ length: 5 }, (_, place) => ({
    client: "c-42",
    name: "Maria Pop",
    meter: "m-main",
    kind: place === 0 ? "silent" : "usual",
    at: EVENING - place * DAY,
    to: EVENING - place * DAY + 4 * HOUR,
    wh: place === 0 ? null : 16_400,
  })),
};

const PEOPLE = [
  { id: "c-42", name: "Maria Pop", area: null },
  { id: "c-ion", name: "Ion Radu", area: "north" },
];

/** Draw the page for an administrator, with what it saves. */
function drawn(lang: Lang = "en", examples: readonly unknown[] = []) {
  const saved: unknown[] = [];
  const settings = new SettingsState({
    settings: async () =>
      ({ alarms: { rev: 7, value: ALARMS }, tariff: { rev: 2, value: TARIFF } }) as never as Settings,
    save: async (name, kept) => {
      saved.push([name, kept]);
      return { ...kept, rev: kept.rev + 1 };
    },
  });
  const board = {
    config: { me: { admin: true }, tz: "Europe/Bucharest" },
    clientName: (id: string, name: string | null) => name ?? id,
    settings,
    desk: {
      api: {
        alarmPreview: async () => ({ ...PREVIEW, examples }),
        client: async (id: string) => ({ name: PEOPLE.find((person) => person.id === id)?.name ?? null }),
        findClients: async (text: string) => PEOPLE.filter(({ name }) => name.includes(text)),
      },
    },
    outside: { now: () => EVENING + DAY },
  } as unknown as Board;
  const root = document.body.appendChild(document.createElement("div"));
  render(<AlarmsPage board={board} t={pageTextsFor(lang)} words={textsFor(lang)} />, root);
  return { root, saved };
}

test("an administrator changes a limit in kWh, and the page saves the whole document in Wh at its revision", async () => {
  const { root, saved } = drawn();
  const limit = await vi.waitFor(() => {
    const found = root.querySelector<HTMLInputElement>(`[aria-label="${t.alarmsLimitAll}"]`);
    expect(found).not.toBeNull();
    return found as HTMLInputElement;
  });

  limit.value = "4.5";
  limit.dispatchEvent(new Event("input", { bubbles: true }));
  const button = await vi.waitFor(() => {
    const found = root.querySelector<HTMLButtonElement>("button[type=submit]");
    expect(found?.disabled).toBe(false);
    return found;
  });
  button?.click();

  await vi.waitFor(() => expect(root.querySelector("[role=status]")?.textContent).toBe(t.saved));
  expect(saved).toEqual([["alarms", { rev: 7, value: { ...ALARMS, limit_wh: 4500 } }]]);
  const tally = [...root.querySelectorAll(".wl-tally > div")].map(({ textContent }) => textContent);
  expect(tally.slice(0, 2)).toEqual([`${t.alarmsWord(5)}5`, `${t.alarmClients(2)}2`]);

  const rung = [...root.querySelectorAll("[data-testid=rung]")].map((row) =>
    [...row.querySelectorAll("td")].map(({ textContent }) => textContent?.replaceAll("\u00a0", " ")),
  );
  expect(rung[1]).toEqual(["Fri 27 Nov17:00–21:00", "Maria Popm-main", t.alarmsUsual, "16.4 kWh"]);
  expect(rung[0]?.slice(2)).toEqual([t.alarmsSilent, "–"]);

  const price = [...root.querySelectorAll("label")].find(({ textContent }) => textContent === t.tariffPrice);
  const field = root.querySelector<HTMLInputElement>(`#${price?.htmlFor}`) as HTMLInputElement;
  for (const [typed, isWrong] of [
    ["0", true],
    ["0,29", false],
  ] as const) {
    field.value = typed;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await vi.waitFor(() =>
      expect(field.ariaInvalid ?? field.getAttribute("aria-invalid")).toBe(isWrong ? "true" : null),
    );
  }
  root.querySelector<HTMLButtonElement>("button[type=submit]")?.click();
  await vi.waitFor(() => expect(saved[1]).toEqual(["tariff", { rev: 2, value: { currency: "EUR", price: 0.29 } }]));
  render(null, root);
});

test("a rule that is chosen is previewed alone, and a button returns to all of them", async () => {
  const { root } = drawn();
  const preview = () => root.querySelector("[data-testid=alarm-preview]");
  const figures = () =>
    [...(preview()?.querySelectorAll("dd") ?? [])].slice(0, 2).map(({ textContent }) => textContent);
  const listed = () => root.querySelectorAll("[data-testid=rung]").length;
  await vi.waitFor(() => expect(figures()).toEqual(["5", "2"]));
  const rule = [...root.querySelectorAll<HTMLElement>(".wl-rule-name")].find(
    ({ textContent }) => textContent === t.alarmsUsual,
  );
  rule?.click();
  await vi.waitFor(() => expect(figures()).toEqual(["4", "2"]));
  expect([rule?.ariaPressed ?? rule?.getAttribute("aria-pressed"), listed()]).toEqual(["true", 4]);
  expect(preview()?.textContent).toContain(t.alarmPreviewOf);
  [...(preview()?.querySelectorAll("button") ?? [])]
    .find(({ textContent }) => textContent === t.alarmAllRules)
    ?.click();
  await vi.waitFor(() => expect([...figures(), listed()]).toEqual(["5", "2", 5]));
  expect(preview()?.textContent).toContain(t.alarmPreview);
  render(null, root);
});

test("switches turn rules on and off, and the limits of clients are rows of a table", async () => {
  const { root, saved } = drawn();
  const find = async (what: string): Promise<HTMLInputElement> =>
    vi.waitFor(() => {
      const found = root.querySelector<HTMLInputElement>(what);
      expect(found).not.toBeNull();
      return found as HTMLInputElement;
    });
  (await find(`[role=switch][aria-label="${t.alarmsUsualOn}"]`)).click();
  await vi.waitFor(() => expect(root.querySelector(".wl-form-change")?.textContent).toBe(t.alarmsChanged(1)));
  (await find(`[role=switch][aria-label="${t.alarmsLimit}"]`)).click();
  (await find(`[role=switch][aria-label="${t.alarmsSilent}"]`)).click();
  (await find(`[role=switch][aria-label="${t.alarmTamper}"]`)).click();
  const limit = await find("[data-testid=limit] .wl-inline-number input");
  limit.value = "0";
  limit.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() => expect(root.textContent).toContain(t.alarmRange("0.001", "1,000,000")));
  limit.value = "5,5";
  limit.dispatchEvent(new Event("input", { bubbles: true }));
  (await find("button[type=submit]:not([disabled])")).click();
  await vi.waitFor(() => expect(saved.length).toBe(1));
  const value = {
    ...ALARMS,
    times_usual: null,
    limit_wh: 9_000,
    limits: { "c-42": 5_500 },
    silent: false,
    tamper: false,
  };
  expect(saved[0]).toEqual(["alarms", { rev: 7, value }]);

  const times = await find(`input[aria-label="${t.alarmsTimes}"]`);
  times.value = "5";
  times.dispatchEvent(new Event("input", { bubbles: true }));
  times.dispatchEvent(new FocusEvent("blur"));
  const usual = await find(`[role=switch][aria-label="${t.alarmsUsualOn}"]`);
  for (const shown of ["", "3"]) {
    usual.click();
    await vi.waitFor(() => expect(times.value).toBe(shown)); // what is saved, not what was typed before
  }
  render(null, root);
});

test("a client of a limit is found by name, and the focus goes to its limit", async () => {
  const { root, saved } = drawn();
  const find = async (what: string): Promise<HTMLElement> =>
    vi.waitFor(() => root.querySelector<HTMLElement>(what) ?? Promise.reject());
  await vi.waitFor(() => expect(root.querySelector("[data-client=c-42]")?.textContent).toContain("Maria Pop"));
  (await find("[data-testid=limit-add]")).click();
  const field = (await find("[data-testid=limit-picker] input")) as HTMLInputElement;
  field.value = "Ion";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const found = await vi.waitFor(
    () =>
      [...root.querySelectorAll<HTMLElement>("[role=option]")].find((each) => each.textContent?.includes("c-ion")) ??
      Promise.reject(),
  );
  found.click();
  await vi.waitFor(() => expect(document.activeElement).toBe(root.querySelector("[data-client=c-ion] input")));
  expect(root.querySelector("[data-client=c-ion]")?.textContent).toContain("Ion Radu");
  (await find("button[type=submit]")).click();
  await vi.waitFor(() =>
    expect(saved).toMatchObject([["alarms", { value: { limits: { "c-42": 6500, "c-ion": 1000 } } }]]),
  );
  render(null, root);
});

test("what is refused is not saved: the focus goes to the field, the bar says so, and discarding empties it", async () => {
  const { root, saved } = drawn();
  const least = await vi.waitFor(
    () => root.querySelector<HTMLInputElement>(`[aria-label="${t.alarmsAtLeast}"]`) ?? Promise.reject(),
  );
  for (const text of ["1.5", "abc"]) {
    least.value = text;
    least.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const save = await vi.waitFor(
    () => root.querySelector<HTMLButtonElement>("[data-unsaved=true] button[type=submit]") ?? Promise.reject(),
  );
  await vi.waitFor(() => expect(least.getAttribute("aria-invalid")).toBe("true"));
  save.click();
  await vi.waitFor(() => expect(root.textContent).toContain(t.toCorrect(1)));
  expect(document.activeElement).toBe(least);
  expect(saved).toEqual([]);
  [...root.querySelectorAll("button")].find(({ textContent }) => textContent === t.discardChanges)?.click();
  await vi.waitFor(() =>
    expect(root.querySelector<HTMLInputElement>(`[aria-label="${t.alarmsAtLeast}"]`)?.value).toBe("1"),
  );
  render(null, root);
});

test("the chart of thresholds that were changed since is dimmed", async () => {
  const hours = [{ at: EVENING, to: EVENING + HOUR, wh: 300, usual_wh: 250, above_wh: 1250, unusual: false }];
  const { root } = drawn("en", [{ client: "c-42", name: "Maria Pop", rings: EVENING + HOUR, hours }]);
  const old = () => root.querySelectorAll(".wl-alarm-old").length;
  await vi.waitFor(() => expect(root.querySelector(".wl-alarm-example")).not.toBeNull());
  expect(old()).toBe(0);
  const limit = root.querySelector<HTMLInputElement>(`[aria-label="${t.alarmsLimitAll}"]`) as HTMLInputElement;
  limit.value = "4.5";
  limit.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() => expect(old()).toBe(1));
  await vi.waitFor(() => expect(old()).toBe(0));
  render(null, root);
});

test("a rule's numbers have the language's decimal sign", async () => {
  const { root } = drawn("de");
  const limit = () => root.querySelector<HTMLInputElement>("[data-testid=limit] .wl-inline-number input");
  await vi.waitFor(() => expect(limit()?.value).toBe("6,5"));
  render(null, root);
});

test("the example's day is named once, with its year, and shows what is usual beside the threshold", async () => {
  const hours = Array.from({ length: 24 }, (_, hour) => {
    const at = EVENING - (17 - hour) * HOUR;
    return { at, to: at + HOUR, wh: 300, usual_wh: hour === 0 ? null : 250, above_wh: 1250, unusual: false };
  });
  const examples = [{ client: "c-42", name: "Maria Pop", rings: EVENING + HOUR, hours }];
  const { root } = drawn("en", examples);
  const legend = () =>
    [...root.querySelectorAll("[data-testid=legend] li")].map(({ textContent }) => textContent?.trim());
  await vi.waitFor(() =>
    expect(legend()).toEqual(expect.arrayContaining([t.alarmUsual, expect.stringContaining("2")])),
  );
  const preview = root.querySelector("[data-testid=alarm-preview]")?.textContent ?? "";
  expect(preview.match(/28 Nov(?: 2026)?/gu)).toEqual(["28 Nov 2026"]);
  render(null, root);
});
