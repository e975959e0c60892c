// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import type { Card } from "../protocol/kinds.ts";
import { textsFor } from "../ui/messages.ts";
import { Chosen } from "./chosen.tsx";
import { Outage } from "./outage.tsx";

test("an outage's card names the area and says when its text came", () => {
  vi.useFakeTimers({ now: new Date(2026, 10, 30, 14, 40) });
  const outage = {
    area: "mill-street",
    text: { en: "A cable is damaged." },
    at: new Date(2026, 10, 30, 14, 2).getTime(),
  };
  render(<Outage lang="en" outage={outage} client="c-42" rest={undefined} />, document.body);
  vi.useRealTimers();
  expect(document.body.textContent).toContain("Outage in Mill Street");
  expect(document.body.textContent).toContain("Updated 14:02");
  render(<Outage lang="en" outage={{ ...outage, at: undefined }} client="c-42" rest={undefined} />, document.body);
  expect(document.body.textContent).not.toContain("Updated");
  render(null, document.body);
});

test("a period that the page asks about gives the open chat's field the focus, except where a keyboard would cover it", async () => {
  document.body.innerHTML = `<button></button><div class="wl-panel"><div></div><textarea></textarea></div>`;
  const [button, place] = [document.querySelector("button"), document.querySelector(".wl-panel > div")];
  const show = (card: Card): Promise<void> =>
    act(() => render(<Chosen t={textsFor("en")} card={card} zone="UTC" onRemove={() => {}} />, place as Element));
  const touch = vi.fn(() => ({ matches: false }));
  vi.stubGlobal("matchMedia", touch);
  for (const from of [0, 3_600_000]) {
    button?.focus();
    await show({ meter: "m-1", from, to: from + 3_600_000 });
    expect(document.activeElement?.tagName).toBe("TEXTAREA");
  }
  touch.mockReturnValue({ matches: true });
  button?.focus();
  await show({ meter: "m-1", from: 0, to: 7_200_000 });
  expect(document.activeElement).toBe(button);
});
