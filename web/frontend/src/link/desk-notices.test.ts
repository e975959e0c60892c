import { beforeEach, expect, it } from "vitest";
import { DeskNotices } from "./desk-notices.ts";
import type { Environment } from "./link.ts";

let nowMs = 0;
let due: { readonly atMs: number; readonly run: () => void }[] = [];
let sent: string[] = [];
const environment = {
  now: () => nowMs,
  steady: () => nowMs,
  chance: () => 0,
  entropy: (size: number) => new Uint8Array(size).fill(nowMs % 256),
  timers: {
    after(ms: number, run: () => void) {
      const timer = { atMs: nowMs + ms, run };
      due.push(timer);
      return () => {
        due = due.filter((each) => each !== timer);
      };
    },
  },
} as unknown as Environment;
const pass = (ms: number): void => {
  nowMs += ms;
  for (const timer of due.filter(({ atMs }) => atMs <= nowMs)) {
    due = due.filter((each) => each !== timer);
    timer.run();
  }
};
const notices = (): DeskNotices =>
  new DeskNotices("a-ana", environment, (_, payload) => sent.push(JSON.parse(payload).id) > 0);
const text = { en: "No power.", ro: "Fără curent." };

beforeEach(() => {
  [nowMs, due, sent] = [1, [], []];
});

it("repeats an order at once after a reconnect and after 3 s of silence, until the notice carries its id", () => {
  const desk = notices();
  const id = desk.order(["north"], text);
  expect(sent).toEqual([]);
  desk.connected();
  expect(sent).toEqual([id]);
  pass(3_000);
  expect(sent).toEqual([id, id]);
  desk.gone(false);
  pass(60_000);
  expect(sent).toEqual([id, id]);
  desk.connected();
  expect(sent).toEqual([id, id, id]);
  desk.hear("north", JSON.stringify({ id, text }));
  expect(desk.state(id).value).toEqual({ state: "done" });
  pass(600_000);
  expect(sent).toEqual([id, id, id]);
});

it("sends the end of an outage only when its beginning is done", () => {
  const desk = notices();
  desk.connected();
  const begin = desk.order(["north"], text);
  nowMs++;
  const end = desk.order(["north"], null);
  expect(sent).toEqual([begin]);
  desk.hear("north", JSON.stringify({ id: begin, text }));
  expect(sent).toEqual([begin, end]);
});

it("says why an order was refused for good, and waits where it is refused for a while", () => {
  const desk = notices();
  desk.connected();
  const id = desk.order(["north"], text);
  desk.refused({ id, why: "too_fast", text: "Wait.", retryMs: 900 });
  expect(desk.state(id).value).toEqual({ state: "sending" });
  pass(900);
  expect(sent).toEqual([id, id]);
  desk.refused({ id, why: "not_allowed", text: "No.", retryMs: null });
  expect(desk.state(id).value).toEqual({ state: "refused", why: "not_allowed", text: "No." });
});
