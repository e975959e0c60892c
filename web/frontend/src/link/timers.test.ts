import { afterEach, describe, expect, it, vi } from "vitest";
import { soon, workerTimers } from "./timers.ts";

/** A Worker's outside: what it is told, and what the test has it say. */
class WorkerSpy {
  static last: WorkerSpy;
  readonly heard: { id: number; ms: number | null }[] = [];
  onmessage: (event: { data: number }) => void = () => {};
  onerror: () => void = () => {};
  constructor() {
    WorkerSpy.last = this;
  }
  postMessage(message: { id: number; ms: number | null }): void {
    this.heard.push(message);
  }
}
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("timers in a Worker, which a hidden tab does not slow down", () => {
  it("ring when the Worker says so, and not when they were cancelled", () => {
    vi.stubGlobal("Worker", WorkerSpy);
    vi.useFakeTimers();
    const timers = workerTimers("timers.js");
    const rung: string[] = [];
    timers.after(10_000, () => rung.push("ping"));
    const cancel = timers.after(5_000, () => rung.push("answer"));
    expect(WorkerSpy.last.heard.map(({ ms }) => ms)).toEqual([10_000, 5_000]);
    cancel();
    vi.advanceTimersByTime(60_000); // the page's own clock has no say in it
    expect(rung).toEqual([]);
    for (const { id, ms } of [...WorkerSpy.last.heard]) if (ms !== null) WorkerSpy.last.onmessage({ data: id });
    expect(rung).toEqual(["ping"]);
    expect(WorkerSpy.last.heard.at(-1)?.ms).toBeNull();
  });
  it("are the page's own where no Worker can be had, or where it breaks", () => {
    vi.useFakeTimers();
    const rung: string[] = [];
    vi.stubGlobal("Worker", undefined);
    workerTimers("timers.js").after(1_000, () => rung.push("none"));
    vi.stubGlobal("Worker", WorkerSpy);
    const broken = workerTimers("timers.js");
    WorkerSpy.last.onerror();
    broken.after(1_000, () => rung.push("broken"));
    vi.advanceTimersByTime(1_000);
    expect(rung).toEqual(["none", "broken"]);
  });
});

it("of several in one go only the last runs, and before anything else", async () => {
  const draw = soon();
  const ran: string[] = [];
  setTimeout(() => ran.push("the next task"));
  for (const name of ["one", "two", "three"]) draw(() => ran.push(name));
  expect(ran).toEqual([]);
  await Promise.resolve();
  expect(ran).toEqual(["three"]);
  await new Promise((next) => setTimeout(next, 5));
  expect(ran).toEqual(["three", "the next task"]);
});
