import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { vectors } from "../vectors.ts";
import { checkText } from "./checks.ts";
import { isId, isMessageId, newClientId, newMessageId } from "./ids.ts";
import { BODY, KINDS, TITLES } from "./kinds.ts";
import * as payloads from "./payloads.ts";
import * as topics from "./topics.ts";

describe("topics", () => {
  const { valid, invalid } = vectors("topics");
  it.each(valid as { topic: string; address: topics.Address; sender: string | null }[])(
    "$topic parses to its address, and the address builds it",
    ({ topic, address, sender }) => {
      expect(topics.parse(topic)).toEqual(address);
      expect(topics.build(address)).toBe(topic);
      expect(topics.senderOf(address)).toBe(sender);
    },
  );
  it.each((invalid as string[]).map((topic) => [topic]))("%j is no topic", (topic) => {
    expect(topics.parse(topic)).toBeNull();
  });
  it("parse undoes build for every client, agent and meter", () => {
    const name = (letter: string) => fc.stringMatching(/^[a-z0-9_-]{1,30}$/).map((rest) => `${letter}-${rest}`);
    fc.assert(
      fc.property(name("c"), name("a"), (client, agent) => {
        for (const topic of [
          topics.msg(client, agent),
          topics.typing(client, client),
          topics.marker(client, agent),
          topics.deskDo(agent),
        ])
          expect(topics.build(topics.parse(topic) as topics.Address)).toBe(topic);
      }),
    );
  });
  it("an address with a field too few, too many or out of form builds nothing", () => {
    expect(() => topics.build({ kind: "msg" })).toThrow();
    expect(() => topics.build({ kind: "log", client: "c-1", agent: "a-1" })).toThrow();
    expect(() => topics.build({ kind: "log", client: "c-1/#" })).toThrow();
  });
  it("a board hears words from `log` only, never from `msg`", () => {
    for (const [filter] of [
      ...topics.boardFilters("a-ana", null, null),
      ...topics.conversationFilters("c-42", null),
      ...topics.widgetFilters("c-42"),
    ])
      expect(filter).not.toContain("/msg");
  });
});

describe("payloads", () => {
  const readers: Record<string, payloads.Read<unknown>> = {
    Entry: payloads.asEntry,
    Marker: payloads.asMarker,
    Typing: payloads.asTyping,
    Refusal: payloads.asRefusal,
    DeskNotice: payloads.asDeskNotice,
    OutageNotice: payloads.asDeskOutage,
    Summary: payloads.asSummary,
    Gone: payloads.asGone,
    TeamPresence: payloads.asTeamPresence,
  };
  // What only the bridge reads.
  const foreign = ["AgentPresence", "Command", "Presence", "Reading", "Said"];
  type Case = {
    type: string;
    promise: string;
    json?: string;
    make?: { before: string; repeat: [string, number]; after: string };
    ok?: true;
  };
  const cases = (vectors("payloads").cases as Case[]).filter((each) => !foreign.includes(each.type));
  it.each(cases)("$type: $promise", ({ type, json, make, ok }) => {
    const wire = json ?? `${make?.before}${make?.repeat[0].repeat(make.repeat[1])}${make?.after}`;
    const read = readers[type];
    expect(read, `${type} has a reader here`).toBeDefined();
    const payload = payloads.decode(read as payloads.Read<unknown>, new TextEncoder().encode(wire));
    if (ok) expect(payload).not.toBeNull();
    else expect(payload).toBeNull();
  });
  it.each(vectors("rows").cases as any[])("$promise", ({ client, team, wire, row }) => {
    const { last, ...rest } = payloads.asSummary(row) as payloads.Summary;
    const { id: _, ...shown } = last ?? {};
    expect(payloads.asRow(client, team)(wire)).toEqual({ ...rest, last: last && shown });
  });
  it("no bytes whatever make a reader throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.json(), (bytes, json) => {
        for (const read of Object.values(readers)) {
          payloads.decode(read, bytes);
          payloads.decode(read, json);
        }
      }),
    );
  });
  it("wire fields become camelCase, absent ones null", () => {
    const refusal = payloads.decode(payloads.asRefusal, '{"id":"a","why":"too_fast","text":"Wait.","retry_ms":900}');
    expect(refusal).toEqual({ id: "a", why: "too_fast", text: "Wait.", retryMs: 900 });
    const notice = payloads.decode(
      payloads.asDeskNotice,
      '{"open":true,"agents":[{"id":"a-ana","name":"Ana"}],"roll":"r1","reply_s":240}',
    );
    const named = [{ id: "a-ana", name: "Ana" }];
    expect(notice).toEqual({ open: true, online: 1, agents: named, next: null, roll: "r1", replyS: 240 });
  });
  it("an entry of a kind that is newer than this page keeps its place", () => {
    const wire = '{"seq":3,"id":"k","from":"a-ana","at":1,"kind":"poll","poll":{}}';
    expect(payloads.decode(payloads.asEntry, wire)).toMatchObject({ seq: 3, kind: "poll" });
  });
  it("a stored card beyond what a Date holds ends where one does", () => {
    const wire =
      '{"seq":3,"id":"k","from":"c-42","at":1,"kind":"card","card":{"meter":"m","from":1,"to":9007199254740991}}';
    expect(new Date(payloads.decode(payloads.asEntry, wire)?.card?.to ?? 0).toISOString()).toBe(
      "9999-01-01T00:00:00.000Z",
    );
  });
  const catalogue = vectors("kinds").kinds as { kind: string; fields: string[] }[];
  it("the catalogue of kinds is the server's", () => {
    const declared = Object.entries(KINDS).map(([kind, beside]) => ({ kind, fields: [kind, ...beside] }));
    expect(declared).toEqual(catalogue.map(({ kind, fields }) => ({ kind, fields })));
    expect(Object.keys(BODY).sort()).toEqual(declared.flatMap(({ fields }) => fields).sort());
    expect(["text", ...Object.keys(TITLES)]).toEqual(Object.keys(KINDS));
  });
  it("a text is counted in code points", () => {
    expect(checkText("😀".repeat(4_000))).toBeNull();
    expect(checkText("😀".repeat(4_001))).toBe("too_long");
    expect(checkText("")).toBe("empty");
    expect(checkText("a\u0007")).toBe("control_character");
    expect(checkText("a\n\tb")).toBeNull();
  });
});

describe("ids", () => {
  it("a message id is a ULID that sorts by time", () => {
    const early = newMessageId(1_732_430_000_000, new Uint8Array(10).fill(255));
    const late = newMessageId(1_732_430_000_001, new Uint8Array(10));
    expect(early).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
    expect(isMessageId(early)).toBe(true);
    expect(early < late).toBe(true);
  });
  it("a ULID is the specification's example of its time", () => {
    expect(newMessageId(1_469_922_850_259, new Uint8Array(10)).slice(0, 10)).toBe("01ARZ3NDEK".slice(0, 10));
  });
  it("a connection's client id starts with the user name and has 22 random characters", () => {
    expect(newClientId("c-42", new Uint8Array(16).fill(251))).toMatch(/^c-42:[A-Za-z0-9_-]{22}$/);
  });
  it("an id has a role and something behind it", () => {
    expect(["c-1", "g-x", "a-ana", "s-bridge"].every(isId)).toBe(true);
    expect(["c-", "x-1", "C-1", "c-1/", "c-+", ""].some(isId)).toBe(false);
  });
});
