import { describe, expect, it } from "vitest";
import { type Conversation, type Event, newConversation, reduce } from "./conversation.ts";

const file = (id: string) => ({ file: id, name: "bill.pdf", type: "application/pdf", size: 9 });
const said = (id: string) => ({ id, kind: "file" as const, file: file(id), sent: 0 });
const words = (id: string) => ({ id, kind: "text" as const, text: id, sent: 0 });

/** Plays events, and tells what went out: the message's id, with an arrow while its file goes first. */
function play(...events: (Event & { nowMs: number })[]): { state: Conversation; out: string[] } {
  const out: string[] = [];
  let state = newConversation("c-1", "c-1");
  for (const event of events) {
    const reduced = reduce(state, event);
    state = reduced.state;
    for (const effect of reduced.effects)
      if (effect.do === "publish") out.push(`${effect.pending.upload ? "↑" : ""}${effect.pending.id}`);
  }
  return { state, out };
}
const online = { type: "online", nowMs: 0 } as const;
const sayFile = { type: "say", said: said("f1"), upload: true, nowMs: 1 } as const;
const sayWords = { type: "say", said: words("m2"), nowMs: 2 } as const;
const stored = { ...file("s9"), size: 7 };
const uploaded = { type: "uploaded", id: "f1", file: stored, nowMs: 3 } as const;

describe("a file in the outbox", () => {
  it("is uploaded, then said as the server has it, and what was written after it waits for it", () => {
    const before = play(online, sayFile, sayWords);
    expect(before.out).toEqual(["↑f1"]);
    const after = play(online, sayFile, sayWords, uploaded);
    expect(after.out).toEqual(["↑f1", "f1"]);
    expect(after.state.outbox.items[0]?.said?.file).toEqual(stored);
    const entry = { seq: 1, id: "f1", from: "c-1", at: 4, kind: "file" as const, file: stored };
    expect(play(online, sayFile, sayWords, uploaded, { type: "entry", entry, nowMs: 4 }).out).toEqual([
      "↑f1",
      "f1",
      "m2",
    ]);
  });
  it("is tried again after a silence, and at once on the next line", () => {
    expect(play(online, sayFile, { type: "tick", nowMs: 5_001 }).out).toEqual(["↑f1", "↑f1"]);
    expect(play(online, sayFile, { type: "offline", closed: true, nowMs: 2 }, { ...online, nowMs: 9 }).out).toEqual([
      "↑f1",
      "↑f1",
    ]);
  });
  it("that was refused is marked not sent with its reason, and the next message goes", () => {
    const refusal = { id: "f1", why: "wrong_type", text: "No.", retryMs: null };
    const { state, out } = play(online, sayFile, sayWords, { type: "refusal", refusal, nowMs: 3 });
    expect(out).toEqual(["↑f1", "m2"]);
    expect(state.outbox.items[0]?.failed).toEqual({ why: "wrong_type", text: "No." });
  });
  it("is not blamed for a line that closes while it uploads", () => {
    const closes = [0, 1, 2, 3].flatMap((n): Event[] => [
      { type: "offline", closed: true, nowMs: 10 * n + 5 },
      { type: "online", nowMs: 10 * n + 6 },
    ]);
    expect(play(online, sayFile, ...closes).state.outbox.items[0]?.failed).toBeNull();
  });
});
