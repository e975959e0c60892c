import { describe, expect, it } from "vitest";
import { vectors } from "../vectors.ts";
import { asks, DrivenConversation, page, published, text } from "./conversation.fixture.ts";
import { type Effect, wakesMs } from "./conversation.ts";

describe("outbox (vectors)", () => {
  it.each(vectors("outbox").cases as any[])("$promise", ({ start, steps }) => {
    const end = new DrivenConversation();
    if (start !== "down") end.live();
    for (const step of steps) {
      end.at(step.at);
      let effects: readonly Effect[] = [];
      if (step.say) effects = end.say(step.say);
      if (step.entry)
        effects = end.on({ type: "entry", entry: { at: 0, kind: "text", text: "x", ...step.entry } } as never);
      if (step.tick) effects = end.on({ type: "tick" });
      if (step.down) effects = end.on({ type: "offline", closed: true } as never);
      if (step.up) {
        const asked = asks(end.on({ type: "online" }));
        effects = end.on({ type: "page", asked: asked[0], page: page(end.state.log.entries) } as never);
      }
      if (step.roll) effects = end.on({ type: "rolled" });
      if (step.refusal)
        effects = end.on({
          type: "refusal",
          refusal: { text: "", ...step.refusal, retryMs: step.refusal.retry_ms ?? null },
        } as never);
      const { items } = end.state.outbox;
      const ids = (failed: boolean) => items.filter((item) => (item.failed !== null) === failed).map((item) => item.id);
      expect(published(effects)).toEqual(step.expect.pub);
      expect(ids(false)).toEqual(step.expect.pending);
      if (step.expect.failed) expect(ids(true)).toEqual(step.expect.failed);
    }
  });
});

describe("outbox", () => {
  it("pauses grow, with jitter, up to a minute and a quarter", () => {
    const end = new DrivenConversation().live();
    end.say("m1");
    const gaps: number[] = [];
    for (let count = 0; count < 8; count++) {
      const due = wakesMs(end.state) as number;
      gaps.push(due - end.nowMs);
      end.at(due);
      expect(published(end.on({ type: "tick", jitter: 0.5 } as never))).toEqual(["m1"]);
    }
    expect(gaps[0]).toBe(3_000);
    expect([...gaps].sort((one, other) => one - other)).toEqual(gaps);
    expect(gaps.at(-1)).toBeLessThanOrEqual(75_000);
  });
  it("another tab sends the head only when it is still unticked after 3 s", () => {
    const end = new DrivenConversation().live().at(1_000);
    const items = [
      { id: "m1", client: "c-42", atMs: 1_000, said: { id: "m1", kind: "text", text: "x", sent: 1_000 }, failed: null },
    ];
    expect(published(end.on({ type: "list", items } as never))).toEqual([]);
    expect(published(end.at(3_999).on({ type: "tick" }))).toEqual([]);
    expect(published(end.at(4_000).on({ type: "tick" }))).toEqual(["m1"]);
  });
  it("a message of an earlier visit is sent as soon as there is a connection", () => {
    const end = new DrivenConversation().at(100_000);
    const items = [
      { id: "m1", client: "c-42", atMs: 1_000, said: { id: "m1", kind: "text", text: "x", sent: 1_000 }, failed: null },
    ];
    end.on({ type: "list", items } as never);
    expect(published(end.on({ type: "online" }))).toEqual(["m1"]);
  });
  it("a list that still names what the log carries does not bring it back", () => {
    const end = new DrivenConversation().live([text(1, "c-42", "m1")]);
    const items = [
      { id: "m1", client: "c-42", atMs: 0, said: { id: "m1", kind: "text", text: "x", sent: 0 }, failed: null },
    ];
    const effects = end.on({ type: "list", items } as never);
    expect(end.state.outbox.items).toEqual([]);
    expect(effects).toContainEqual({ do: "keep", change: { do: "drop", id: "m1" } });
  });
  it("a resend that is answered with an entry of long ago is ticked", () => {
    const end = new DrivenConversation().live([text(1), text(2), text(3)]);
    end.say("old");
    end.on({ type: "entry", entry: text(2, "c-42", "old") } as never);
    expect(end.state.outbox.items).toEqual([]);
  });
  it("a snapshot ticks what it carries", () => {
    const end = new DrivenConversation().live();
    end.say("m1");
    end.on({ type: "offline", closed: true } as never);
    end.live([text(1, "c-42", "m1")]);
    expect(end.state.outbox.items).toEqual([]);
    expect(end.view().items.map((item) => item.key)).toEqual(["c-42/m1"]);
  });
  it("a close long after the publish is not blamed on it", () => {
    const end = new DrivenConversation().live();
    end.say("m1");
    for (let count = 0; count < 5; count++) {
      end.at(end.nowMs + 5_001).on({ type: "offline", closed: true } as never);
      end.on({ type: "online" });
    }
    expect(end.state.outbox.items[0]?.failed).toBeNull();
  });
  it("retry keeps the id and goes to the end; discard forgets", () => {
    const end = new DrivenConversation().live();
    end.say("m1");
    end.on({ type: "refusal", refusal: { id: "m1", why: "x", text: "No.", retryMs: null } } as never);
    end.say("m2");
    expect(end.view().items.map((item) => [item.id, item.tick])).toEqual([
      ["m1", "failed"],
      ["m2", "sending"],
    ]);
    end.on({ type: "retry", id: "m1" } as never);
    expect(end.state.outbox.items.map((item) => item.id)).toEqual(["m2", "m1"]);
    end.on({ type: "discard", id: "m1" } as never);
    expect(end.state.outbox.items.map((item) => item.id)).toEqual(["m2"]);
  });
  it("a command is ticked by a Summary that did it", () => {
    const end = new DrivenConversation("a-ana").live();
    end.on({ type: "order", command: { id: "k1", do: "resolve", client: "c-42" } } as never);
    expect(published(end.effects)).toEqual(["k1"]);
    end.on({ type: "done", ids: ["k1"] } as never);
    expect(end.state.outbox.items).toEqual([]);
  });
});

describe("a refusal that asks for a long wait", () => {
  it("is shown with its reason, and a short one is waited for", () => {
    const shown = [900, 3_600_000].map((retryMs) => {
      const end = new DrivenConversation().live();
      end.say("m1");
      end.on({ type: "refusal", refusal: { id: "m1", why: "quota", text: "Enough.", retryMs } } as never);
      return end.state.outbox.items[0]?.failed;
    });
    expect(shown).toEqual([null, { why: "quota", text: "Enough." }]);
  });
});
