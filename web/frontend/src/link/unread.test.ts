// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keepAsking } from "./unread.ts";

let stop = (): void => {};
let asked: string[] = [];
let told: number[] = [];
let more = 0;
/** Null: there is no network. */
let answer: () => Response | null | Promise<Response>;
const counted = (unread: number, waiting = false, again_ms = waiting ? 4_000 : 60_000): Response =>
  Response.json({ unread, waiting, again_ms });

/** As far as it is used. */
class CountRequest {
  status = 0;
  responseText = "";
  onloadend = (): void => {};
  #url = "";
  #key = "";
  open(method: string, url: string): void {
    this.#url = `${method} ${url}`;
  }
  setRequestHeader(_: "Authorization", key: string): void {
    this.#key = key;
  }
  async send(): Promise<void> {
    asked.push(`${this.#url} ${this.#key}`);
    const response = await answer();
    if (response) [this.status, this.responseText] = [response.status, await response.text()];
    this.onloadend();
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  [asked, told, more] = [[], [], 0];
  vi.stubGlobal("XMLHttpRequest", CountRequest);
});
afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
const begin = async (isIdentity = false): Promise<void> => {
  const onUnread = (unread: number): void => void told.push(unread);
  const whom = { base: "https://chat.example", id: "c-42", key: "k", isIdentity };
  stop = keepAsking({ ...whom, onUnread, onMore: () => more++ });
  await vi.advanceTimersByTimeAsync(0);
};
const touch = (): boolean => dispatchEvent(new Event("pointerdown"));

describe("without a link", () => {
  it("is asked at once, and again when the answer says", async () => {
    answer = () => counted(0);
    await begin();
    expect(asked).toEqual(["GET https://chat.example/api/clients/c-42/unread Bearer k"]);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(asked).toHaveLength(1);
    answer = () => counted(3);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([0, 3]);
  });
  it("nothing more comes of a touch while nothing concerns this one", async () => {
    answer = () => counted(0);
    await begin();
    touch();
    expect(more).toBe(0);
    answer = () => counted(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([told.at(-1), more]).toEqual([1, 1]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(asked).toHaveLength(2);
  });
  it.each([counted(0, true), counted(2)])(
    "whoever waits or has an answer gets more with the first touch, once",
    async (given) => {
      answer = () => given;
      await begin();
      expect(more).toBe(0);
      touch();
      touch();
      expect(more).toBe(1);
    },
  );
  it.each([401, 403])("a key that is refused with %i is the chat's to renew", async (status) => {
    answer = () => Response.json({}, { status });
    await begin();
    expect([told, more]).toEqual([[], 1]);
  });
  it("the page's identity is not asked about again when it is refused or nothing concerns its user", async () => {
    for (const [first, counts] of [
      [Response.json({}, { status: 401 }), []],
      [counted(0), [0]],
    ] as const) {
      asked = [];
      answer = () => first;
      await begin(true);
      touch();
      await vi.advanceTimersByTimeAsync(600_000);
      expect([told, more, asked.length]).toEqual([counts, 0, 1]);
    }
    answer = () => counted(2);
    await begin(true);
    touch();
    expect([told.at(-1), more]).toEqual([2, 1]);
  });
  it("is asked less and less while there is no answer, and as before when there is", async () => {
    answer = () => null;
    await begin();
    await vi.advanceTimersByTimeAsync(4_000 + 8_000 + 16_000);
    expect(asked).toHaveLength(4);
    answer = () => Response.json({ code: "store_down" }, { status: 503 });
    await vi.advanceTimersByTimeAsync(32_000);
    expect([asked.length, told]).toEqual([5, []]);
    answer = () => counted(1);
    await vi.advanceTimersByTimeAsync(64_000);
    expect(told).toEqual([1]);
  });
  it("answers that were under way at once are followed by one question", async () => {
    answer = () => counted(0);
    await begin();
    for (let time = 0; time < 3; time++) document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(4);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(5);
  });
  it("an answer that comes after the end is nobody's", async () => {
    let give = (_: Response): void => {};
    answer = () => new Promise((done) => (give = done));
    await begin();
    stop();
    give(counted(2));
    await vi.advanceTimersByTimeAsync(100_000);
    touch();
    expect([told, more, asked.length]).toEqual([[], 0, 1]);
  });
});
