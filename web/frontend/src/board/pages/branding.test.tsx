// @vitest-environment happy-dom
import { render } from "preact";
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

test("a field without a question shows the widget's own, which stays above one that is written", async () => {
  vi.spyOn(HTMLFormElement.prototype, "submit").mockImplementation(() => undefined); // the preview's
  const saved: unknown[] = [];
  const settings = new SettingsState({
    settings: async () => ({ branding: samples.branding }) as unknown as Settings,
    save: async (_, kept) => (saved.push(kept.value), { ...kept, rev: 2 }),
  });
  const board = { config: { me: { admin: true }, csrf: "" }, settings } as unknown as Board;
  const root = document.body.appendChild(document.createElement("div"));
  render(<BrandingPage board={board} t={pageTextsFor("en")} words={textsFor("en")} />, root);
  await vi.waitFor(() => expect(root.querySelectorAll(".wl-question input").length).toBe(3));
  const fields = [...root.querySelectorAll<HTMLInputElement>(".wl-question input")];
  const own = widgetTextsFor("en");
  expect(fields.map(({ placeholder }) => placeholder)).toEqual([own.suggestion1, own.suggestion2, own.suggestion3]);
  const second = fields[1] as HTMLInputElement;
  second.value = "How do I move house?";
  second.dispatchEvent(new Event("input", { bubbles: true }));
  const save = () => root.querySelector<HTMLButtonElement>("button[type=submit]");
  await vi.waitFor(() => expect(save()).not.toBeNull());
  save()?.click();
  await vi.waitFor(() => expect(saved.length).toBe(1));
  expect(saved[0]).toMatchObject({ questions: { en: [own.suggestion1, "How do I move house?"] } });
  render(null, root);
});
