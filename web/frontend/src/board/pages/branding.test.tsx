// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import samples from "../../gallery/settings.gen.json";
import type { Settings } from "../../link/desk-api.ts";
import { textsFor, widgetTextsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import { vectors } from "../../vectors.ts";
import { SettingsState } from "../settings-state.ts";
import type { Board } from "../state.ts";
import { BrandingPage } from "./branding.tsx";
import { LogoThumbnail } from "./logo-thumbnail.tsx";

test("a saved SVG is shown from the server, by the name of its content; a PNG is drawn, saved or not", async () => {
  const root = document.body.appendChild(document.createElement("div"));
  const [{ address, ...logo }] = vectors("logo").cases;
  render(<LogoThumbnail logo={logo} label="Logo" />, root);
  await vi.waitFor(() => expect(root.querySelector("img")?.getAttribute("src")).toBe(address));
  const drawn = vi.fn(async () => ({ width: 40, height: 20 }));
  vi.stubGlobal("createImageBitmap", drawn);
  render(<LogoThumbnail logo={{ type: "image/png", data: btoa("png") }} label="Logo" />, root);
  await vi.waitFor(() => expect(root.querySelector("canvas")?.width).toBe(40));
  expect(root.querySelector("img")).toBeNull();
  vi.unstubAllGlobals();
  render(null, root);
});

/** Draw the page for an administrator, with what it saves. */
function opened() {
  vi.spyOn(HTMLFormElement.prototype, "submit").mockImplementation(() => undefined); // the preview's
  const saved: unknown[] = [];
  const stored = new Map<string, string>();
  const settings = new SettingsState(
    {
      settings: async () => ({ branding: samples.branding }) as unknown as Settings,
      save: async (_, kept) => (saved.push(kept.value), { ...kept, rev: 2 }),
    },
    { writeDraft: (key, text) => void stored.set(key, text), readDraft: (key) => stored.get(key) ?? "" },
  );
  const board = { config: { me: { admin: true }, csrf: "" }, settings } as unknown as Board;
  const root = document.body.appendChild(document.createElement("div"));
  render(<BrandingPage board={board} t={pageTextsFor("en")} words={textsFor("en")} />, root);
  const fields = () => [...root.querySelectorAll<HTMLInputElement>(".wl-question input")];
  const button = (name: string) =>
    [...root.querySelectorAll("button")].find((each) =>
      [each.textContent, each.getAttribute("aria-label")].includes(name),
    );
  const write = async (field: HTMLInputElement, text: string): Promise<void> => {
    field.value = text;
    await act(() => void field.dispatchEvent(new Event("input", { bubbles: true })));
  };
  return { root, saved, fields, button, write, board };
}

const t = pageTextsFor("en");

test("questions are added and removed up to three; focus goes to the new field, and back to what is left", async () => {
  const { root, saved, fields, button, write } = opened();
  await vi.waitFor(() => expect(button(t.brandingQuestionAdd)).toBeDefined());
  expect(fields()).toEqual([]);
  expect(root.textContent).toContain(widgetTextsFor("en").suggestion2);
  for (const [place, text] of ["One?", "Two?", "Three?"].entries()) {
    button(t.brandingQuestionAdd)?.click();
    await vi.waitFor(() => expect(document.activeElement).toBe(fields()[place]));
    await write(fields()[place] as HTMLInputElement, text);
  }
  expect(button(t.brandingQuestionAdd)).toBeUndefined();
  await act(() => button(t.removeText("Three?"))?.click());
  await vi.waitFor(() => expect(document.activeElement).toBe(fields()[1]));
  const save = await vi.waitFor(() => root.querySelector<HTMLButtonElement>("button[type=submit]") ?? Promise.reject());
  save.click();
  await vi.waitFor(() => expect(saved).toMatchObject([{ questions: { en: ["One?", "Two?"] } }]));
  for (const text of ["One?", "Two?"]) await act(() => button(t.removeText(text))?.click());
  await vi.waitFor(() => expect(fields()).toEqual([]));
  render(null, root);
});

test("the chat's own questions are named until one is written; in another language the preview has them", async () => {
  const { root, fields, button, write } = opened();
  (await vi.waitFor(() => button(t.brandingQuestionAdd) ?? Promise.reject())).click();
  await vi.waitFor(() => expect(fields().length).toBe(1));
  expect(root.textContent).toContain(t.brandingQuestionsOwn);
  await write(fields()[0] as HTMLInputElement, "One?");
  expect(root.textContent).not.toContain(t.brandingQuestionsOwn);
  await act(() =>
    [...root.querySelectorAll<HTMLElement>(".wl-step")]
      .find((each) => /^Deutsch/.test(each.textContent ?? ""))
      ?.click(),
  );
  expect(root.textContent).toContain(t.brandingQuestionsInPreview);
  render(null, root);
});

test("a question is moved up and down by buttons; focus stays with it, and its new place is told", async () => {
  const { root, saved, fields, button, write } = opened();
  for (const [place, text] of ["One?", "Two?", "Three?"].entries()) {
    (await vi.waitFor(() => button(t.brandingQuestionAdd) ?? Promise.reject())).click();
    await vi.waitFor(() => expect(fields().length).toBe(place + 1));
    await write(fields()[place] as HTMLInputElement, text);
  }
  expect(button(t.questionUp("One?"))).toHaveProperty("disabled", true);
  expect(button(t.questionDown("Three?"))).toHaveProperty("disabled", true);
  await act(() => button(t.questionUp("Three?"))?.click());
  await vi.waitFor(() => expect(document.activeElement).toBe(button(t.questionUp("Three?"))));
  expect(fields().map(({ value }) => value)).toEqual(["One?", "Three?", "Two?"]);
  expect(root.querySelector(".wl-field [role=status].wl-hidden")?.textContent).toBe(t.questionMoved(2, 3));
  await act(() => button(t.questionUp("Three?"))?.click());
  await vi.waitFor(() => expect(document.activeElement).toBe(button(t.questionDown("Three?"))));
  (root.querySelector("button[type=submit]") as HTMLButtonElement).click();
  await vi.waitFor(() => expect(saved).toMatchObject([{ questions: { en: ["Three?", "One?", "Two?"] } }]));
  render(null, root);
});

test("a colour of one's own is shown as chosen in its field, whose swatch is always there", async () => {
  const { root, write } = opened();
  const field = await vi.waitFor(
    () => root.querySelector<HTMLInputElement>(".wl-accent-field input") ?? Promise.reject(),
  );
  const shown = () => [
    root.querySelectorAll(".wl-accent .wl-swatch").length,
    root.querySelector(".wl-accent-field rect")?.getAttribute("fill"),
    root.querySelector<HTMLElement>(".wl-accent-field")?.dataset.own,
    root.querySelectorAll(".wl-swatch-button[aria-pressed=true]").length,
  ];
  expect(shown()).toEqual([7, "#0b6e4f", "false", 1]);
  await write(field, "#6A3FB0");
  expect(shown()).toEqual([7, "#6a3fb0", "true", 0]);
  await write(field, "#6a3fb");
  expect(shown()).toEqual([7, "none", "false", 0]);
  render(null, root);
});

test("the preview is asked for the welcome, the chat and the launcher", async () => {
  const { root, button } = opened();
  const asked = () => root.querySelector<HTMLInputElement>("[name=screen]")?.value;
  await vi.waitFor(() => expect(asked()).toBe("welcome"));
  for (const [name, screen] of [
    [t.brandingChat, "chat"],
    [t.brandingLauncher, "launcher"],
  ] as const) {
    button(name)?.click();
    await vi.waitFor(() => expect(asked()).toBe(screen));
  }
  render(null, root);
});

test("a language lacks what another one has; the preview keeps the last readable colour", async () => {
  const { root, write, button, saved, board } = opened();
  const greeting = await vi.waitFor(
    () => root.querySelector<HTMLInputElement>("[data-testid=branding-greeting]") ?? Promise.reject(),
  );
  await write(greeting, "Hello!");
  const tabs = [...root.querySelectorAll(".wl-step")].filter(({ textContent }) =>
    ["English", "Română", "Deutsch"].some((name) => textContent?.startsWith(name)),
  );
  expect(tabs.map(({ textContent }) => textContent)).toEqual([
    "English",
    `Română (${t.incomplete})`,
    `Deutsch (${t.incomplete})`,
  ]);
  const [accent] = [...root.querySelectorAll<HTMLInputElement>(".wl-accent input")];
  const drawn = () => JSON.parse(root.querySelector<HTMLInputElement>("[name=value]")?.value ?? "{}") as object;
  await write(accent as HTMLInputElement, "#1c56b0");
  await vi.waitFor(() => expect(drawn()).toMatchObject({ accent: "#1c56b0" }));
  await write(accent as HTMLInputElement, "#ffe680");
  expect(accent?.getAttribute("aria-invalid")).toBe("true");
  expect(root.textContent).toContain(t.brandingUnreadable);
  expect(root.textContent).toContain(t.unsaved);
  await act(() => button(t.save)?.click());
  expect(root.textContent).toContain(t.toCorrect(1));
  expect(saved).toEqual([]);
  expect(board.settings.draftOf("branding")?.value.accent).toBe("#ffe680"); // it is there after navigation
  await write(accent as HTMLInputElement, "zzz");
  expect(root.textContent).not.toContain(t.whiteOn("").trim().split(":")[0]); // no contrast of a colour that is not there
  await write(greeting, "Welcome!");
  await vi.waitFor(() => expect(drawn()).toMatchObject({ accent: "#1c56b0", greeting: { en: "Welcome!" } }));
  render(null, root);
});
