import { describe, expect, test } from "vitest";
import type { Settings } from "../link/desk-api.ts";
import { SettingsState } from "./settings-state.ts";

const settings = (rev: number): Settings => ({ target: { rev, value: { minutes: rev } } }) as unknown as Settings;
const fault = (status: number, text: string): Promise<never> =>
  Promise.reject(Object.assign(new Error(text), { status }));

describe("settings", () => {
  test("they are asked for once, and again after a failure", async () => {
    let asked = 0;
    const loader = new SettingsState({
      settings: () => (++asked === 1 ? fault(0, "") : Promise.resolve(settings(1))),
      save: () => fault(0, ""),
    });
    loader.want();
    loader.want();
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    expect([asked, loader.state.value.state]).toEqual([1, "failed"]);
    await loader.load();
    loader.want();
    expect([asked, loader.state.value.state]).toEqual([2, "loaded"]);
  });

  test("what is saved goes with the revision it was made from, and comes back with its own", async () => {
    const sent: unknown[] = [];
    const loader = new SettingsState({
      settings: async () => settings(3),
      save: async (name, kept) => {
        sent.push([name, kept]);
        return { ...kept, rev: 4 };
      },
    });
    await loader.load();
    expect(await loader.save("target", { minutes: 9 })).toEqual({ state: "saved" });
    expect(sent).toEqual([["target", { rev: 3, value: { minutes: 9 } }]]);
    expect(loader.state.value.state === "loaded" && loader.state.value.value.target).toEqual({
      rev: 4,
      value: { minutes: 9 },
    });
  });

  test("a colleague's is never overwritten unseen: theirs is loaded, and saving again goes over it", async () => {
    let rev = 1;
    const loader = new SettingsState({
      settings: async () => settings(rev),
      save: (_, kept) => (kept.rev === rev ? Promise.resolve({ ...kept, rev: rev + 1 }) : fault(409, "stale")),
    });
    await loader.load();
    rev = 2;
    expect(await loader.save("target", { minutes: 9 })).toEqual({ state: "stale" });
    expect(loader.state.value.state === "loaded" && loader.state.value.value.target.rev).toBe(2);
    expect(await loader.save("target", { minutes: 9 })).toEqual({ state: "saved" });
  });

  test("the server's sentence is told; where it was not reached nothing is invented", async () => {
    const loader = new SettingsState({
      settings: async () => settings(1),
      save: () => fault(422, "A minute at least."),
    });
    await loader.load();
    expect(await loader.save("target", { minutes: 0 })).toEqual({
      state: "refused",
      fault: { why: "", text: "A minute at least." },
    });
    const away = new SettingsState({ settings: async () => settings(1), save: () => fault(0, "TypeError: fetch") });
    await away.load();
    expect(await away.save("target", { minutes: 1 })).toEqual({ state: "refused", fault: { why: "", text: "" } });
  });

  test("what is typed is kept with the revision it was made from, until it is saved or discarded", async () => {
    const stored = new Map<string, string>();
    const drafts = {
      writeDraft: (key: string, text: string) => void stored.set(key, text),
      readDraft: (key: string) => stored.get(key) ?? "",
    };
    let rev = 1;
    const look = async () => {
      const loader = new SettingsState({ settings: async () => settings(rev), save: () => fault(0, "") }, drafts);
      await loader.load();
      return loader;
    };
    const loader = await look();
    loader.keepDraft("target", { minutes: 9 });
    rev = 2;
    expect((await look()).draftOf("target")).toMatchObject({ rev: 1, value: { minutes: 9 } });
    loader.keepDraft("target", null);
    expect((await look()).draftOf("target")).toBeNull();
  });

  test.each([
    ["of another form of the settings", JSON.stringify({ rev: 1, form: "0", value: { minutes: 2 } })],
    ["without a form", JSON.stringify({ rev: 1, value: { minutes: 2 } })],
    ["that is damaged", '{"rev":1'],
    ["that is nothing", "null"],
  ])("a draft %s is not shown", async (_, older) => {
    const loader = new SettingsState(
      { settings: async () => settings(1), save: () => fault(0, "") },
      { writeDraft: () => undefined, readDraft: () => older },
    );
    await loader.load();
    expect(loader.draftOf("target")).toBeNull();
  });
});
