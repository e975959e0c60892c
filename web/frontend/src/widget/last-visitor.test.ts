// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import {
  beforeClick,
  GUEST_KEY,
  lastVisitorIn,
  namedIn,
  noteUse,
  recount,
  remember,
  subjectOf,
  USED_KEY,
} from "./last-visitor.ts";

afterEach(() => localStorage.clear());
const claims = (sub: string): string => `x.${btoa(JSON.stringify({ sub, name: "Ștefan" }).replace(/[^ -~]/g, "?"))}.y`;
const maria = { id: "c-maria", key: "k", unread: 2, due: false };

describe("before the first click", () => {
  it("nothing happens where nobody used the chat, whatever was only looked at", () => {
    remember(maria);
    expect(beforeClick(claims("c-maria"))).toBeNull();
    expect(beforeClick(null)).toBeNull();
  });
  it("a user is asked for by the page's identity where nobody used the chat, and a guest is not", () => {
    expect(namedIn(claims("c-maria"))).toEqual({ id: "c-maria", key: claims("c-maria") });
    expect([namedIn(null), namedIn("x.y.z")]).toEqual([null, null]);
  });
  it("answers are counted for whoever used it, and is still the same", () => {
    noteUse();
    remember(maria);
    expect(beforeClick(claims("c-maria"))).toEqual(maria);
    localStorage.setItem(GUEST_KEY, JSON.stringify({ id: "g-1", token: "t" }));
    remember({ ...maria, id: "g-1" });
    expect(beforeClick(null)).toMatchObject({ id: "g-1", key: "k" });
  });
  it("the next page begins with what was counted, unless somebody else was here meanwhile", () => {
    recount("c-maria", 1);
    expect(localStorage.getItem(USED_KEY)).toBeNull();
    noteUse();
    remember(maria);
    recount("c-ion", 5);
    expect(lastVisitorIn(localStorage.getItem(USED_KEY))).toEqual(maria);
    recount("c-maria", 3);
    expect(lastVisitorIn(localStorage.getItem(USED_KEY))).toEqual({ ...maria, unread: 3 });
  });
  it("the chat settles what is open: somebody else is here, words wait, a guest has signed in, it is not known who used it", () => {
    noteUse();
    expect(beforeClick(null)).toBe("load");
    remember(maria);
    expect(beforeClick(claims("c-ion"))).toBe("load");
    expect(beforeClick(null)).toBe("load");
    remember({ ...maria, due: true });
    expect(beforeClick(claims("c-maria"))).toBe("load");
    remember(maria);
    localStorage.setItem(GUEST_KEY, JSON.stringify({ id: "g-1", token: "t" }));
    expect(beforeClick(claims("c-maria"))).toBe("load");
  });
  it("words that wait are remembered without a key too, and a known key is not forgotten for the lack of a session", () => {
    noteUse();
    remember(maria);
    remember({ ...maria, key: null });
    expect(beforeClick(claims("c-maria"))).toEqual(maria);
    remember({ ...maria, key: null, due: true });
    expect(beforeClick(claims("c-maria"))).toBe("load");
  });
  it.each(["{broken", "null", "1", "[]", '"x"'])("what is kept as %s knows nobody", (kept) => {
    localStorage.setItem(USED_KEY, kept);
    expect(lastVisitorIn(kept).id).toBeUndefined();
    expect(beforeClick(null)).toBe("load");
  });
});

describe("a signed identity", () => {
  it("a claimed subject opens what is kept, and nonsense opens nothing", () => {
    const claims = btoa(JSON.stringify({ sub: "c-42" })).replaceAll("=", "");
    expect(subjectOf(`x.${claims}.y`)).toBe("c-42");
    expect(subjectOf("nonsense")).toBeNull();
    expect(subjectOf("a.b.c")).toBeNull();
  });
});
