import * as theirs from "@preact/signals-core";
import { describe, expect, it } from "vitest";
import * as ours from "./signals.ts";

describe.each([
  ["theirs", theirs as Pick<typeof theirs, "signal" | "effect">],
  ["ours", ours as unknown as Pick<typeof theirs, "signal" | "effect">],
])("signals, %s", (_, { signal, effect }) => {
  it("run an effect at once and again at each change of what it read, and not of what it peeked at", () => {
    const [one, other] = [signal(1), signal(1)];
    const seen: string[] = [];
    effect(() => void seen.push(`${one.value}/${other.peek()}`));
    other.value = 2;
    one.value = 2;
    one.value = 2;
    expect(seen).toEqual(["1/1", "2/2"]);
  });
  it("follow what the last run read", () => {
    const [which, left, right] = [signal(true), signal("l"), signal("r")];
    const seen: string[] = [];
    effect(() => void seen.push(which.value ? left.value : right.value));
    right.value = "unread";
    which.value = false;
    left.value = "not any more";
    right.value = "now";
    expect(seen).toEqual(["l", "unread", "now"]);
  });
  it("let an effect change a signal that another one reads, and end", () => {
    const [from, to] = [signal(1), signal(0)];
    const seen: number[] = [];
    effect(() => void seen.push(to.value));
    const end = effect(() => {
      to.value = from.value * 10;
    });
    from.value = 2;
    end();
    from.value = 3;
    expect(seen).toEqual([0, 10, 20]);
  });
  it("let one reader end another in the middle of a change", () => {
    const one = signal(1);
    const seen: string[] = [];
    let end = (): void => {};
    effect(() => {
      if (one.value === 2) end();
      seen.push(`first ${one.peek()}`);
    });
    end = effect(() => void seen.push(`second ${one.value}`));
    one.value = 2;
    one.value = 3;
    expect(seen.filter((each) => each.startsWith("second"))).toEqual(["second 1"]);
  });
  it("tell a subscriber the value now and at each change, and what it reads meanwhile is nobody's", () => {
    const [one, other] = [signal(1), signal(1)];
    const seen: number[] = [];
    const end = one.subscribe((value) => void seen.push(value + other.value));
    other.value = 100;
    one.value = 2;
    end();
    one.value = 3;
    expect(seen).toEqual([2, 102]);
  });
});
