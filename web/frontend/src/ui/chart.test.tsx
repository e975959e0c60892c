// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import { Chart } from "./chart.tsx";
import { chartMessages } from "./messages.ts";

const HOUR = 3_600_000;

test("an estimated bar is hatched, an hour without readings keeps its place, and both axes have names", () => {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(200);
  const root = document.body.appendChild(document.createElement("div"));
  const hour = (n: number, estimated: number) => ({ at: n * HOUR, to: (n + 1) * HOUR, wh: 1_000, estimated });
  const place = (at: number): string => `${at / HOUR} h`;
  act(() =>
    render(
      <Chart
        {...{ place, placeLong: place, amount: String, now: 4 * HOUR, from: 0, to: 4 * HOUR }}
        bars={[hour(0, 0), hour(1, 1), hour(3, 0)]}
        t={chartMessages.en}
        lang="en"
        title="Energy"
        unit="kWh per hour"
        summary=""
      />,
      root,
    ),
  );
  const filled = [...root.querySelectorAll(".wl-chart-bar > path")].map((bar) => bar.getAttribute("fill"));
  expect(filled.map((fill) => fill?.startsWith("url(#wl-hatch-") ?? false)).toEqual([false, true, false]);
  expect(root.querySelectorAll(".wl-chart-gap").length).toBe(1);
  const named = [...root.querySelectorAll("svg text")].map(({ textContent }) => textContent);
  expect(named).toEqual(expect.arrayContaining(["kWh per hour", "0", "0 h", "3 h"]));
  const legend = root.querySelector("[data-testid=legend]")?.textContent;
  expect([legend?.includes("estimated"), legend?.includes("no readings")]).toEqual([true, true]);
});
