import { describe, expect, it } from "vitest";
import { asks, DrivenConversation, marks, page, text } from "./conversation.fixture.ts";
import type { Effect } from "./conversation.ts";
import { NEWEST } from "./log.ts";

describe("own marker", () => {
  it("delivered is said at once, read only for a chat that is visible", () => {
    const end = new DrivenConversation();
    end.on({ type: "online" });
    expect(marks(end.on({ type: "page", asked: { before: NEWEST }, page: page([text(1), text(2)]) } as never))).toEqual(
      [{ delivered: 2, read: 0 }],
    );
    expect(marks(end.on({ type: "look", visible: true } as never))).toEqual([{ delivered: 2, read: 2 }]);
    expect(marks(end.on({ type: "entry", entry: text(3) } as never))).toEqual([{ delivered: 3, read: 3 }]);
    expect(marks(end.on({ type: "entry", entry: text(4, "c-42") } as never))).toEqual([]);
  });
  it("is said again after a snapshot where the stored one is lower", () => {
    const end = new DrivenConversation().live([text(1)]);
    end.on({ type: "look", visible: true } as never);
    end.on({ type: "offline", closed: false } as never);
    end.on({ type: "online" });
    const effects = end.on({ type: "page", asked: { after: 1 }, page: page([], { last: 1 }) } as never);
    expect(marks(effects)).toEqual([{ delivered: 1, read: 1 }]);
    const [again] = [
      end.on({
        type: "page",
        asked: { after: 1 },
        page: page([], { last: 1, markers: { "c-42": { delivered: 1, read: 1 } } }),
      } as never),
    ];
    expect(marks(again as readonly Effect[])).toEqual([]);
  });
  it("is not said before a snapshot was merged", () => {
    const end = new DrivenConversation();
    end.on({ type: "look", visible: true } as never);
    expect(marks(end.on({ type: "entry", entry: text(1) } as never))).toEqual([]);
  });
});

describe("what says nothing new", () => {
  it("leaves the state as it was, so that nothing is drawn anew", () => {
    const end = new DrivenConversation().live([text(1), text(2)], { markers: { "a-ana": { delivered: 2, read: 1 } } });
    end.on({ type: "look", visible: true } as never);
    end.on({ type: "names", names: { "a-ana": "Ana", "a-radu": "Radu" } } as never);
    const before = end.state;
    const again: object[] = [
      { type: "names", names: { "a-radu": "Radu" } },
      { type: "marker", reader: "c-42", marker: { delivered: 2, read: 2 } }, // the broker's copy of my own
      { type: "marker", reader: "a-ana", marker: { delivered: 1, read: 1 } },
      { type: "rolled" },
    ];
    for (const event of again) {
      end.on(event as never);
      expect(end.state).toBe(before);
    }
    end.on({ type: "names", names: { "a-radu": "Radu P." } } as never);
    end.on({ type: "marker", reader: "a-ana", marker: { delivered: 2, read: 2 } } as never);
    expect(end.view().items[0]?.tick).toBeNull();
    expect([end.state.names["a-radu"], end.state.markers["a-ana"]?.read]).toEqual(["Radu P.", 2]);
  });
});

describe("names", () => {
  it("an agent whom neither page nor notice named yet is asked for once, with the entry's own page", () => {
    const end = new DrivenConversation().live([text(1)]);
    const known = asks(end.on({ type: "entry", entry: { ...text(2), from: "c-42" } } as never));
    const unknown = asks(end.on({ type: "entry", entry: { ...text(3), from: "a-zoe" } } as never));
    expect([known, unknown]).toEqual([[], [{ after: 2 }]]);
    const named = page([{ ...text(3), from: "a-zoe" }], { last: 3, names: { "a-zoe": "Zoe" } });
    end.on({ type: "page", asked: { after: 2 }, page: named } as never);
    expect(asks(end.on({ type: "entry", entry: { ...text(4), from: "a-zoe" } } as never))).toEqual([]);
    expect(end.view().items.at(-1)?.name).toBe("Zoe");
  });
});

describe("an assignment", () => {
  const bare = { seq: 2, id: "k1", from: "s-bridge", at: 2_000, kind: "assigned" };
  const whole = { ...bare, from: "a-ana", to: "a-radu" };

  it("comes without who and to whom, so the desk asks for it, and shows it then", () => {
    const end = new DrivenConversation("a-ana").live([text(1, "c-42")]);
    expect(asks(end.on({ type: "entry", entry: bare } as never))).toEqual([{ after: 1 }]);
    expect(end.view().items.map(({ seq }) => seq)).toEqual([1]);
    const answer = page([whole as never]);
    expect(asks(end.on({ type: "page", asked: { after: 1 }, page: answer } as never))).toEqual([]);
    expect(end.view().items[1]?.body).toEqual(whole);
  });

  it("is asked for again when REST did not answer, until it is told", () => {
    const end = new DrivenConversation("a-ana").live([text(1, "c-42")]);
    end.on({ type: "entry", entry: bare } as never);
    expect(asks(end.on({ type: "page-failed", asked: { after: 1 } } as never))).toEqual([{ after: 1 }]);
    end.on({ type: "page", asked: { after: 1 }, page: page([whole as never]) } as never);
    expect(asks(end.on({ type: "page-failed", asked: { after: 1 } } as never))).toEqual([]);
  });

  it("is asked for after the page that was on its way; one that stays bare is not asked for again", () => {
    const end = new DrivenConversation("a-ana").live([text(1, "c-42")]);
    end.on({ type: "online" });
    expect(asks(end.on({ type: "entry", entry: bare } as never))).toEqual([]);
    const early = page([], { last: 1 });
    expect(asks(end.on({ type: "page", asked: { after: 1 }, page: early } as never))).toEqual([{ after: 1 }]);
    const stays = page([bare as never]);
    expect(asks(end.on({ type: "page", asked: { after: 1 }, page: stays } as never))).toEqual([]);
  });
});

describe("own typing", () => {
  it("is repeated every 3 s, ends when emptied, and sending cancels it", () => {
    const end = new DrivenConversation().live();
    const said = (on: boolean) => end.on({ type: "compose", on } as never).filter((effect) => effect.do === "typing");
    expect(said(true)).toEqual([{ do: "typing", on: true }]);
    expect(end.at(2_999) && said(true)).toEqual([]);
    expect(end.at(3_000) && said(true)).toEqual([{ do: "typing", on: true }]);
    expect(said(false)).toEqual([{ do: "typing", on: false }]);
    expect(said(false)).toEqual([]);
    said(true);
    end.say("m1");
    expect(said(false)).toEqual([]);
  });
});
