import { describe, expect, it } from "vitest";
import { steadyClock } from "./environment.ts";

const DAY = 86_400_000;

/** A machine whose clocks the test moves. */
function machine() {
  const at = { wall: 100 * DAY, own: 5_000 };
  const steady = steadyClock(
    () => at.wall,
    () => at.own,
  );
  const pass = (ms: number): number => ((at.wall += ms), (at.own += ms), steady());
  return { at, steady, pass };
}

describe("the clock for what is due", () => {
  it("goes with the wall's", () => {
    const { pass } = machine();
    expect([pass(10), pass(1_000), pass(0)]).toEqual([100 * DAY + 10, 100 * DAY + 1_010, 100 * DAY + 1_010]);
  });
  it("goes on where the wall's is set back by days, again and again", () => {
    const { at, pass } = machine();
    const before = pass(10);
    at.wall -= 3 * DAY;
    expect(pass(500) - before).toBe(500);
    at.wall -= 3_600_000;
    expect(pass(500) - before).toBe(1_000);
    expect(pass(4_000) - before).toBe(5_000);
  });
  it("counts a sleep in which the page's own clock stood still, and a wall's clock set forward: early harms nobody", () => {
    const { at, steady, pass } = machine();
    const before = pass(10);
    at.wall += DAY;
    expect(steady() - before).toBe(DAY);
    at.wall -= DAY;
    expect(pass(500) - before).toBe(DAY + 500);
  });
});
