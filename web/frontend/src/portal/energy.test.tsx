// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import { pageTimers } from "../link/timers.ts";
import { chartMessages, compareTextsFor, portalTextsFor } from "../ui/messages.ts";
import { Energy } from "./energy.tsx";

vi.stubGlobal("innerWidth", 390);

test("a phone that is turned shows the day in full", async () => {
  const root = document.createElement("div");
  const never = () => new Promise<never>(() => {});
  const texts = { t: portalTextsFor("en"), chart: chartMessages.en, compareTexts: compareTextsFor("en") };
  const outside = { tz: "UTC", now: Date.UTC(2026, 10, 28, 12), version: 0, timers: pageTimers };
  await act(() =>
    render(
      <Energy {...texts} {...outside} lang="en" load={never} loadStandard={never} ask={() => {}} pointedAt={null} />,
      root,
    ),
  );
  const day = (): string | null | undefined => root.querySelector(".wl-sub")?.textContent;
  expect(day()).toMatch(/^Sat, 28 Nov 2026/);
  vi.stubGlobal("innerWidth", 844);
  await act(() => void dispatchEvent(new Event("resize")));
  expect(day()).toMatch(/^Saturday,? 28 November 2026/);
});
