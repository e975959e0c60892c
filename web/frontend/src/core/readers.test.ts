import { describe, expect, it } from "vitest";
import { vectors } from "../vectors.ts";
import { highest, otherSide, tickOf } from "./markers.ts";
import { type Composing, endTyping, heardTyping, whoComposes } from "./typing.ts";

describe("markers (vectors)", () => {
  const { raised, desk, ticks } = vectors("markers");
  it.each(raised as any[])("$have and $said make $expect", (each) =>
    expect(highest(each.have, each.said)).toEqual(each.expect),
  );
  it.each(desk as any[])("the client sees the maximum over the agents: $markers", (each) =>
    expect(otherSide(each.markers, "c-42", "c-42")).toEqual(each.expect),
  );
  it.each((ticks as any[]).filter((each) => each.seq !== null))("$promise", (each) =>
    expect(tickOf(each.seq, each.peer)).toBe(each.expect),
  );
});

describe("typing (vectors)", () => {
  it.each(vectors("typing").cases as any[])("$promise", ({ steps }) => {
    let composing: Composing = {};
    for (const step of steps) {
      if (step.heard) composing = heardTyping(composing, step.heard.sender, step.heard.on, step.at);
      if (step.entry) composing = endTyping(composing, step.entry);
      if (step.expect) expect(whoComposes(composing, step.at)).toEqual(step.expect);
    }
  });
});
