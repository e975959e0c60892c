import { describe, expect, it } from "vitest";
import { type Doing, makeApi } from "./api.ts";

const done: [string, ...unknown[]][] = [];
const doing = new Proxy({} as Doing, {
  ownKeys: () => ["open", "prefill", "identify", "ask", "hide", "theme"],
  getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  get:
    (_, name) =>
    (...given: unknown[]) =>
      void done.push([String(name), ...given]),
});

describe("the page's API", () => {
  it("tells a state at once and at each change, an event only when it happens, until `off`", () => {
    const { api, tell } = makeApi(doing);
    const heard: unknown[] = [];
    const hear = (value: unknown): void => void heard.push(value);
    api.on("unread", hear);
    api.on("rated", hear);
    tell("unread", 2);
    tell("unread", 2);
    tell("rated", { score: 5 });
    tell("rated", { score: 5 });
    api.off("rated", hear);
    tell("rated", { score: 1 });
    expect(heard).toEqual([0, 2, { score: 5 }, { score: 5 }]);
  });
  it("refuses a wrong call with what is wrong, before it does anything", () => {
    const { api } = makeApi(doing);
    done.length = 0;
    expect(() => api.open(5 as never)).toThrow("a draft is a text");
    expect(() => api.theme("blue" as never)).toThrow("light, dark or null");
    expect(() => api.on("unred" as never, () => {})).toThrow("one of ready, unread, open, period, message, rated");
    expect(() => api.push(["opn"])).toThrow("Wattline has no opn: it has open");
    expect(done).toEqual([]);
    api.push(["open", "Hello"], ["hide"]);
    expect(done).toEqual([["open", "Hello"], ["hide"]]);
  });
});
