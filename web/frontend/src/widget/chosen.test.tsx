// @vitest-environment happy-dom
import { render } from "preact";
import { expect, test, vi } from "vitest";
import { textsFor } from "../ui/messages.ts";
import { Chosen } from "./chosen.tsx";

test("a period that a page asks about is named in the platform's time zone, wherever the reader is", async () => {
  const root = document.body.appendChild(document.createElement("div"));
  const from = Date.parse("2026-11-28T17:00:00+02:00");
  const card = { meter: "m-1", from, to: from + 4 * 3_600_000 };
  const load = async () => ({ points: [], tz: "Europe/Bucharest" });
  render(<Chosen {...{ card, load }} t={textsFor("en")} zone="Asia/Tokyo" onRemove={() => undefined} />, root);
  await vi.waitFor(() => expect(root.textContent).toContain("Sat 28 Nov 17:00–21:00"));
});
