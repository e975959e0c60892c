// @vitest-environment happy-dom
import { render } from "preact";
import { afterEach, expect, test, vi } from "vitest";
import { useAgain } from "./use-again.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("a page asks again while its tab is shown, not while it is hidden, and at once when it is shown again", () => {
  vi.useFakeTimers();
  const ask = vi.fn();
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(false);
  const show = (isHidden: boolean): void => {
    hidden.mockReturnValue(isHidden);
    document.dispatchEvent(new Event("visibilitychange"));
  };
  const Page = (): null => (useAgain(ask, 1_000), null);
  const root = document.createElement("div");
  render(<Page />, root);
  vi.advanceTimersByTime(2_500);
  expect(ask).toHaveBeenCalledTimes(2);
  show(true);
  vi.advanceTimersByTime(60_000);
  expect(ask).toHaveBeenCalledTimes(2);
  show(false);
  expect(ask).toHaveBeenCalledTimes(3);
  render(null, root);
  vi.advanceTimersByTime(100); // effects end a moment after the page
  show(false);
  vi.advanceTimersByTime(60_000);
  expect(ask).toHaveBeenCalledTimes(3);
});
