// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, test, vi } from "vitest";
import samples from "../../gallery/settings.gen.json";
import type { Settings } from "../../link/desk-api.ts";
import { SETTINGS_FORM } from "../../link/settings.gen.ts";
import { textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import { SettingsState } from "../settings-state.ts";
import type { Board } from "../state.ts";
import { StartPage } from "./start.tsx";

const NOW = Date.UTC(2026, 10, 30, 12);
const t = pageTextsFor("en");

function opened(
  isDemo: boolean,
  admin = true,
  seen = [{ origin: "https://www.test", at: NOW - 120_000 }],
  typed: Readonly<Record<string, unknown>> = {},
) {
  const refused: { origin: string; at: number }[] = [];
  const asked = vi.fn(
    async () =>
      ({
        ...samples,
        snippet: '<script src="https://chat.test/widget.js" async></script>',
        seen_origins: seen,
        refused_origins: refused,
      }) as unknown as Settings,
  );
  const saved = vi.fn(async (_name: string, kept: { rev: number }) => ({ ...kept, rev: kept.rev + 1 }));
  const drafts = {
    writeDraft: () => undefined,
    readDraft: (key: string) => JSON.stringify(typed[key.replace("setting/", "")]) ?? "",
  };
  const settings = new SettingsState({ settings: asked, save: saved as never }, drafts);
  const inbox = signal({ summaries: {} as Record<string, unknown> });
  const api = { agents: async () => [], report: async () => ({ totals: { asked: 0 } }) };
  const board = {
    config: { api: "", isDemo, me: { name: "Ana Pop", admin } },
    now: signal(NOW),
    settings,
    desk: { api, inbox },
  } as unknown as Board;
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  render(<StartPage board={board} t={t} words={textsFor("en")} />, root);
  const step = (title: string): Promise<HTMLElement> =>
    vi.waitFor(() => {
      const steps = [...root.querySelectorAll<HTMLElement>("[data-testid=step]")];
      const found = steps.find((each) => each.querySelector("h2")?.textContent === title);
      expect(found).toBeDefined();
      return found as HTMLElement;
    });
  return { root, inbox, step, asked, saved, seen, refused, drafts, close: () => render(null, root) };
}

test("trying the chat opens the demo in another tab, and is done when a message came", async () => {
  const { inbox, step } = opened(true);
  const link = (await step(t.startTry)).querySelector("a");
  expect([link?.getAttribute("href"), link?.target]).toEqual(["/?client=c-maria", "_blank"]);
  expect((await step(t.startTry)).dataset.done).toBe("false");
  inbox.value = { summaries: { "c-maria": {} } };
  await vi.waitFor(async () => expect((await step(t.startTry)).dataset.done).toBe("true"));
});

test("without a demo the step leads to the line for the own pages; a page that was seen says how long ago", async () => {
  const { step } = opened(false);
  expect((await step(t.startTry)).querySelector("a")?.getAttribute("href")).toBe("#/settings/portal");
  expect((await step(t.startEmbed)).textContent).toContain("yes, 2 minutes ago");
});

test("an agent reads what is done, and is offered only the demo, which is open to everybody", async () => {
  const { root, step } = opened(true, false);
  await step(t.startTry);
  const offered = [...root.querySelectorAll(".wl-start a, .wl-start button")];
  expect(offered.map((each) => each.getAttribute("href"))).toEqual(["/?client=c-maria"]);
});

test("a setting that suits as it is makes its step done by one button, and focus stays at the step", async () => {
  const { root, step, saved } = opened(true);
  const keep = async (title: string) =>
    [...(await step(title)).querySelectorAll("button")].find(({ textContent }) => textContent?.startsWith(t.startKeep));
  const offered = await Promise.all([t.startLook, t.startEmbed, t.startTeam, t.startHours, t.startAnswers].map(keep));
  expect(offered.map((each) => each !== undefined)).toEqual([true, false, false, true, true]);
  (await keep(t.startHours))?.click();
  await vi.waitFor(async () => expect((await step(t.startHours)).dataset.done).toBe("true"));
  expect(saved).toHaveBeenCalledWith("hours", samples.hours);
  expect(await keep(t.startHours)).toBeUndefined();
  expect(document.activeElement).toBe((await step(t.startHours)).querySelector("a"));
  expect(root.querySelector("[role=alert]")).toBeNull();
});

test("what is typed and not saved is not kept by the way: its step leads to the page", async () => {
  const { step, drafts } = opened(true, true, [], { hours: { ...samples.hours, form: SETTINGS_FORM } });
  expect(drafts.readDraft("setting/hours")).not.toBe("");
  const buttons = [...(await step(t.startHours)).querySelectorAll("button")];
  expect(buttons).toEqual([]);
  expect((await step(t.startHours)).querySelector("[data-testid=step-unsaved]")?.textContent).toBe(t.unsaved);
});

test("what is typed on Branding is told at its step, and neither shown nor saved with the addresses", async () => {
  const { value } = samples.branding;
  const draft = { rev: samples.branding.rev, form: SETTINGS_FORM, value: { ...value, name: "Typed elsewhere" } };
  const { step, saved, close } = opened(false, true, [], { branding: draft });
  expect((await step(t.startLook)).querySelector("[data-testid=step-unsaved]")).not.toBeNull();
  const more = await step(t.startEmbed);
  more.querySelector("button")?.click();
  const field = await vi.waitFor(() => {
    const found = more.querySelector<HTMLTextAreaElement>("[data-testid=branding-origins]");
    expect(found).not.toBeNull();
    return found as HTMLTextAreaElement;
  });
  expect(more.textContent).not.toContain(t.unsaved);
  field.value = "https://www.test";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const save = await vi.waitFor(() => more.querySelector<HTMLButtonElement>("[type=submit]") ?? Promise.reject());
  save.click();
  const expected = { ...value, origins: ["https://www.test"] };
  await vi.waitFor(() => expect(saved).toHaveBeenCalledWith("branding", expect.objectContaining({ value: expected })));
  close();
});

test("whether a page was seen is not asked while the tab is hidden, and at once when it is shown again", async () => {
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  const { asked, close } = opened(false);
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1)); // effects run together: the tab is watched now
  document.dispatchEvent(new Event("visibilitychange"));
  expect(asked).toHaveBeenCalledTimes(1);
  hidden.mockRestore();
  document.dispatchEvent(new Event("visibilitychange"));
  expect(asked).toHaveBeenCalledTimes(2);
  close();
});

test("the step for the own pages unfolds when it is next or asked for, has their addresses, and checks again whether one was seen", async () => {
  const { step, saved, seen, refused, close } = opened(false, true, []);
  const more = await step(t.startEmbed);
  expect(more.querySelector("textarea")).toBeNull(); // the look is next
  more.querySelector("button")?.click();
  await vi.waitFor(() => expect(more.querySelector("textarea")).not.toBeNull());
  expect(more.querySelector("a")).toBeNull(); // the addresses are here: no button leads to them elsewhere
  const field = more.querySelector<HTMLTextAreaElement>("[data-testid=branding-origins]") as HTMLTextAreaElement;
  field.value = "https://www.test/";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const save = await vi.waitFor(() => {
    const found = more.querySelector<HTMLButtonElement>("[type=submit]");
    expect(found).not.toBeNull();
    return found;
  });
  save?.click();
  await vi.waitFor(() =>
    expect(saved).toHaveBeenCalledWith(
      "branding",
      expect.objectContaining({ value: expect.objectContaining({ origins: ["https://www.test"] }) }),
    ),
  );
  const check = (): void =>
    [...more.querySelectorAll("button")].find(({ textContent }) => textContent === t.startCheck)?.click();
  const said = () => more.querySelector("[data-testid=start-checked]")?.textContent;
  check();
  await vi.waitFor(() => expect(said()).toBe(t.startCheckNot));
  refused.push({ origin: "https://shop.test", at: NOW - 60_000 });
  await vi.waitFor(() => {
    check();
    expect(said()).toContain("https://shop.test asked for the chat 1 minute ago");
  });
  seen.push({ origin: "https://www.test", at: NOW - 120_000 });
  check();
  await vi.waitFor(async () => expect((await step(t.startEmbed)).dataset.done).toBe("true"));
  expect((await step(t.startEmbed)).textContent).toContain("yes, 2 minutes ago (https://www.test)");
  close();
});
