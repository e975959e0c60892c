import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AT_LEAST_EVERY_MS, AT_MOST_EVERY_MS, keepPolling, keepTrying, type Polling } from "./polling.ts";
import { pageTimers } from "./timers.ts";

let asked: number[] = [];
let answers: (() => Promise<boolean>) | null = null;
let fresh: Polling;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  asked = [];
  answers = null;
});
afterEach(() => vi.useRealTimers());

function begin(): void {
  fresh = keepPolling(() => {
    asked.push(Date.now());
    return answers?.() ?? Promise.resolve(true);
  }, pageTimers);
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("an answer that is kept fresh", () => {
  test("what is heard is asked for at once, and a stream of words at most once a second, the last one included", async () => {
    begin();
    await pass(5_000);
    fresh.stir();
    expect(asked).toEqual([0, 5_000]);
    for (let word = 0; word < 25; word++) {
      await pass(100);
      fresh.stir();
    }
    await pass(5_000);
    expect(asked).toEqual([0, 5_000, 6_000, 7_000, 8_000]);
  });

  test("a word heard while a slow answer is under way is asked about after it", async () => {
    let answer = (_: boolean): void => {};
    answers = () => new Promise((resolve) => (answer = resolve));
    begin();
    await pass(3_000);
    fresh.stir();
    await pass(3_000);
    expect(asked).toEqual([0]);
    answer(true);
    await pass(0);
    expect(asked).toEqual([0, 6_000]);
  });

  test("an empty or failed answer is asked for again soon, then ever later; a whole one once a minute", async () => {
    answers = () => (asked.length % 2 ? Promise.resolve(false) : Promise.reject(new Error("down")));
    begin();
    await pass(15_000);
    expect(asked).toEqual([0, 2_000, 6_000, 14_000]);
    answers = () => Promise.resolve(true);
    fresh.stir();
    await pass(AT_MOST_EVERY_MS + AT_LEAST_EVERY_MS);
    expect(asked.slice(4)).toEqual([15_000, 15_000 + AT_LEAST_EVERY_MS]);
  });

  test("a stopped one asks no more", async () => {
    begin();
    fresh.stir();
    fresh?.stop();
    fresh.stir();
    await pass(10 * AT_LEAST_EVERY_MS);
    expect(asked).toEqual([0]);
  });
});

test("a failed request is made again with growing pauses until it succeeds or is stopped", async () => {
  const tried: number[] = [];
  const fails = () => {
    tried.push(Date.now());
    return tried.length < 3 ? Promise.reject(new Error("down")) : Promise.resolve();
  };
  keepTrying(fails, pageTimers);
  await pass(300_000);
  expect(tried).toEqual([0, 2_000, 6_000]);
  tried.length = 0;
  const stop = keepTrying(fails, pageTimers);
  stop();
  await pass(300_000);
  expect(tried.length).toBe(1);
});
