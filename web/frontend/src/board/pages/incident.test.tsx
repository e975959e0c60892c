// @vitest-environment happy-dom
import { computed, signal } from "@preact/signals";
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import { foldOutages } from "../../core/incident.ts";
import type { Incident, Reach } from "../../link/desk-api.ts";
import { capital, languageName, whenNear } from "../../ui/format.ts";
import { type Lang, textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import { NOW, summaryOf } from "../board.fixture.ts";
import type { Reply } from "../replies.ts";
import { parseRoute } from "../route.ts";
import type { Board } from "../state.ts";
import { IncidentPage } from "./incident.tsx";
import { comesDown } from "./incident-times.ts";
import { OutageStrip } from "./outage-strip.tsx";
import { lasted } from "./report-words.ts";

const INCIDENT: Incident = {
  ...{
    id: "i-1",
    areas: ["north"],
    text: { en: "No power" },
    since: NOW,
    until: null,
    began: null,
    ends: null,
    ended: null,
  },
  ...{ origin: null, clients: 3, reached: 1, displays: 0, silent: 0 },
};
const REACH: Reach = {
  ...{ incident: INCIDENT, asked: 0, answered: 0, waiting: 2, who: [] },
};

test("an outage says when its notice comes down by itself, while it stands", () => {
  const t = pageTextsFor("en");
  const ends = NOW + 3_600_000;
  const whole = (at: number) => whenNear("en", at, NOW).replaceAll(" ", "\u00a0");
  for (const at of [ends, NOW + 50 * 3_600_000])
    expect(comesDown(t, { ...INCIDENT, ends: at }, NOW)).toBe(t.incidentComesDown(whole(at)));
  expect([INCIDENT, { ...INCIDENT, ends, ended: NOW }].map((incident) => comesDown(t, incident, NOW))).toEqual([
    "",
    "",
  ]);
});

test("a duration has no seconds beside minutes", () => {
  const t = pageTextsFor("en");
  const said = [32_000, 60_000, 250_000, 22 * 60_000, 125 * 60_000].map((ms) => lasted(t, ms).replace("\u00a0", " "));
  expect(said).toEqual(["32 s", "1 min", "4 min", "22 min", "2:05 h"]);
});

test("one reply, after a question with the number, answers who waits in the agent's teams, each in its language, and resolves", async () => {
  const waits = { area: "north", waiting: NOW };
  const mine = { "c-1": summaryOf("c-1", { ...waits, lang: "ro" }), "c-2": summaryOf("c-2", waits) };
  const summaries = { ...mine, "c-3": summaryOf("c-3", waits) }; // of another team
  const outages = signal({ north: { id: "n-1", text: INCIDENT.text, since: NOW } });
  const sent: (readonly Reply[])[] = [];
  const resolved: (readonly string[])[] = [];
  let end = (): void => undefined;
  const send = (replies: readonly Reply[], then: () => void): void => {
    sent.push(replies);
    end = then;
  };
  const board = {
    config: { me: { admin: true }, tz: "Europe/Bucharest" },
    route: signal({}),
    now: signal(NOW),
    desk: { notices: { outages }, inbox: signal({ summaries }), api: { incident: async () => REACH } },
    list: { outages: computed(() => foldOutages(outages.value, mine)) },
    replies: { isRunning: false, send, sent: signal(0), clients: signal([]) },
    resolve: (clients: readonly string[]) => resolved.push(clients),
  } as unknown as Board;
  const root = document.body.appendChild(document.createElement("div"));
  const incidents = { load: { state: "loaded", value: [INCIDENT] }, again: async () => undefined } as const;
  const t = pageTextsFor("en");
  render(<IncidentPage {...{ board, t, incidents }} words={textsFor("en")} id="i-1" />, root);
  for (const [lang, text] of [
    ["en", "The crew is there."],
    ["ro", "Echipa este acolo."],
  ]) {
    const tab = [...root.querySelectorAll<HTMLButtonElement>(".wl-step")].find(
      ({ textContent }) => textContent === capital(languageName(lang as Lang, lang as Lang)),
    );
    tab?.click();
    const field = await vi.waitFor(() => {
      const found = root.querySelector(`[data-testid=incident-reply-${lang}]`);
      return (found as HTMLInputElement | null) ?? Promise.reject();
    });
    field.value = text as string;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await vi.waitFor(() => expect(root.querySelector<HTMLButtonElement>("[type=submit]")?.disabled).toBe(false));
  }
  root.querySelector<HTMLInputElement>(".wl-checkbox")?.click();
  await Promise.resolve();
  root.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.waitFor(() => expect(root.querySelector("dialog h2")?.textContent).toBe(t.incidentSendAsk(2)));
  expect(sent).toEqual([]);
  root.querySelector<HTMLButtonElement>("dialog .wl-button-primary")?.click();
  expect(sent).toEqual([
    [
      { client: "c-1", text: "Echipa este acolo." },
      { client: "c-2", text: "The crew is there." },
    ],
  ]);
  expect(resolved).toEqual([]);
  end();
  expect(resolved).toEqual([["c-1", "c-2"]]);
  render(null, root);
});

test("the page says how many were reached, who asked, and what clients read", async () => {
  const ended = { ...INCIDENT, began: NOW - 600_000, ended: NOW + 60_000, until: NOW + 3_600_000 };
  const asker = { client: "c-1", name: "Maria Pop", area: "north", online: true, asked: NOW, waiting: null };
  const reach = {
    ...REACH,
    incident: { ...ended, reached: 2 },
    asked: 3,
    answered: 1,
    told: 4,
    who: [{ ...asker, answered: NOW + 30_000 }],
  };
  const board = {
    clientName: (_: string, name: string) => name,
    config: { me: { admin: true }, tz: "Europe/Bucharest" },
    route: signal({}),
    desk: { notices: { outages: signal({}) }, inbox: signal({ summaries: {} }), api: { incident: async () => reach } },
    list: { outages: signal([]) },
    now: signal(NOW),
  } as unknown as Board;
  const root = document.body.appendChild(document.createElement("div"));
  const incidents = { load: { state: "loaded", value: [ended] }, again: async () => undefined } as const;
  const t = pageTextsFor("en");
  render(<IncidentPage {...{ board, t, incidents }} words={textsFor("en")} id="i-1" />, root);
  const panel = (title: string) =>
    [...root.querySelectorAll(".wl-box")].find((box) => box.querySelector("h2")?.textContent === title);
  const facts = () => [...(panel(t.incidentWho)?.querySelectorAll("li") ?? [])].map(({ textContent }) => textContent);
  await vi.waitFor(() =>
    expect(facts()).toEqual([
      "3 clients began a conversation since the notice",
      "1 answered by a person",
      t.incidentToldEnd(4),
    ]),
  );
  expect(root.querySelector("[data-testid=reached]")?.textContent).toBe("2 of 3 clients reached");
  expect(panel(t.incidentAskers)?.textContent).toContain("2 more clients asked.");
  expect(panel(t.incidentAskers)?.querySelector("td")?.textContent).toBe("Maria Pop");
  expect(panel(t.incidentSaw)?.textContent).toContain("No power");
  expect(panel(t.incidentSaw)?.textContent).toContain("We expect power back by");
  const end = root.querySelector("[data-testid=incident-end]");
  expect(end?.textContent).toMatch(/^Ended .+, after 11\u00a0min\.$/u);
  expect(end?.nextElementSibling?.classList).toContain("wl-outage-card"); // the end comes first
  render(null, root);
});

test("the time that power is expected back is said once; only written languages are named and edited, until the end", async () => {
  const until = Date.UTC(2026, 11, 1, 15, 30); // 17:30 in Bucharest
  const text = { en: "A cable is damaged." };
  const shown = {
    en: "A cable is damaged. We expect power back by 17:30, Tuesday, 1 December.",
    ro: "A cable is damaged. Estimăm că revine curentul până la 17:30, marți, 1 decembrie.",
    de: "A cable is damaged. Voraussichtlich gibt es bis 17:30 Uhr (Dienstag, 1. Dezember) wieder Strom.",
  };
  const incident = { ...INCIDENT, until, text };
  const reach = { ...REACH, incident };
  const outages = signal({ north: { id: "n-1", text, since: NOW } });
  const api = { incident: async () => reach, areas: async () => [] };
  const board = {
    config: { me: { admin: true }, tz: "Europe/Bucharest" },
    route: signal({}),
    desk: { notices: { outages }, inbox: signal({ summaries: {} }), api },
    list: { outages: signal([]) },
    now: signal(NOW),
    replies: { isRunning: false },
  } as unknown as Board;
  const root = document.body.appendChild(document.createElement("div"));
  const incidents = { load: { state: "loaded", value: [incident] }, again: async () => undefined } as const;
  for (const lang of ["en", "ro", "de"] as const) {
    const t = pageTextsFor(lang);
    render(<IncidentPage {...{ board, t, incidents }} words={textsFor(lang)} id="i-1" />, root);
    const card = () => [...root.querySelectorAll(".wl-outage-card p")].map(({ textContent }) => textContent);
    await vi.waitFor(() => expect(card()).toEqual([shown[lang]]));
    expect(root.textContent).toContain(t.outageLangs([languageName(lang, "en")]));
    render(null, root);
  }
  const t = pageTextsFor("en");
  render(<IncidentPage {...{ board, t, incidents }} words={textsFor("en")} id="i-1" />, root);
  [...root.querySelectorAll("button")].find(({ textContent }) => textContent === t.incidentUpdate)?.click();
  const field = await vi.waitFor(() => {
    const found = root.querySelector<HTMLTextAreaElement>("[data-testid=update-en]");
    expect(found).not.toBeNull();
    return found as HTMLTextAreaElement;
  });
  expect(field.value).toBe("A cable is damaged.");
  field.value = "The cable is mended.";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const preview = () => root.querySelector("[data-testid=outage-preview]")?.textContent;
  await vi.waitFor(() => expect(preview()).toContain("The cable is mended. We expect power back by 17:30"));
  expect(root.querySelector("h2")?.textContent).toBe(t.outagePreview);
  const over = [{ ...incident, ended: NOW }];
  const after = { load: { state: "loaded", value: over }, again: async () => undefined } as const;
  render(<IncidentPage {...{ board, t, incidents: after }} words={textsFor("en")} id="i-1" />, root);
  await vi.waitFor(() => expect(root.querySelector("[data-testid=update-en]")).toBeNull());
  render(null, root);
});

test("the strip counts who waits, a single client too, whatever the inbox shows", async () => {
  const outages = signal({ north: { id: "n-1", text: INCIDENT.text, since: NOW } });
  const summaries = { "c-1": summaryOf("c-1", { area: "north", waiting: NOW }) };
  const board = {
    desk: { notices: { outages }, api: { incidents: async () => [INCIDENT], incident: async () => REACH } },
    config: { me: { admin: true } },
    list: { outages: computed(() => foldOutages(outages.value, summaries)), folded: signal([]) },
    now: signal(NOW),
  } as unknown as Board;
  const root = document.body.appendChild(document.createElement("div"));
  const t = pageTextsFor("en");
  render(<OutageStrip {...{ board, t }} words={textsFor("en")} />, root);
  const waiting = () => root.querySelector("[data-testid=outage-waiting]")?.textContent;
  await vi.waitFor(() => expect(waiting()).toBe(t.waitingCount(1)));
  const text = () => root.querySelector("[data-testid=outage-strip]")?.textContent;
  await vi.waitFor(() => expect(text()).toContain(t.episodesFound(1))); // who waits asked before the notice
  expect(text()).toContain(`1 ${t.incidentReached(3)}`);
  expect([...root.querySelectorAll("a")].map((link) => [link.textContent, link.hash])).toEqual([
    [t.incidentUpdate, "#/settings/outage/i-1/update"],
    [t.incidentOpen, "#/settings/outage/i-1"],
  ]);
  render(null, root);
  const agent = { ...board, config: { me: { admin: false } } } as unknown as Board;
  render(<OutageStrip board={agent} t={t} words={textsFor("en")} />, root);
  await vi.waitFor(() =>
    expect([...root.querySelectorAll("a")].map((link) => link.textContent)).toEqual([t.incidentOpen]),
  );
  render(null, root);
});

test("the address of an update opens the outage with the form for a newer text, from the page itself too", async () => {
  const route = signal(parseRoute("#/settings/outage/i-1/update"));
  const outages = signal({ north: { id: "n-1", text: INCIDENT.text, since: NOW } });
  const board = {
    config: { me: { admin: true }, tz: "Europe/Bucharest" },
    route,
    desk: { notices: { outages }, api: { incident: async () => REACH, areas: async () => [] } },
    list: { outages: signal([]) },
    now: signal(NOW),
    replies: { isRunning: false },
  } as unknown as Board;
  const root = document.body.appendChild(document.createElement("div"));
  const incidents = { load: { state: "loaded", value: [INCIDENT] }, again: async () => undefined } as const;
  const t = pageTextsFor("en");
  await act(() => render(<IncidentPage {...{ board, t, incidents }} words={textsFor("en")} id="i-1" />, root));
  expect(root.querySelector<HTMLTextAreaElement>("[data-testid=update-en]")?.value).toBe("No power");
  const cancel = () => [...root.querySelectorAll("button")].find(({ textContent }) => textContent === t.cancel);
  cancel()?.click();
  await vi.waitFor(() => expect(cancel()).toBeUndefined());
  for (const address of ["#/settings/outage/i-1", "#/settings/outage/i-1/update"])
    await act(() => void (route.value = parseRoute(address)));
  await vi.waitFor(() => expect(cancel()).toBeDefined());
  render(null, root);
});
