import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SmallStorage } from "./small-storage.fixture.ts";

/** A tab: its own small storage and its own script; `end` closes it, `reload` keeps its storage. */
class DraftTab {
  #session = new SmallStorage();
  #end = (): void => {};
  drafts!: typeof import("./drafts.ts");

  static async open(): Promise<DraftTab> {
    return new DraftTab().load();
  }
  async load(): Promise<this> {
    vi.resetModules();
    vi.stubGlobal("addEventListener", (_: string, run: () => void) => {
      this.#end = run;
    });
    this.drafts = await import("./drafts.ts");
    return this.look();
  }
  /** What runs now runs in this tab. */
  look(): this {
    vi.stubGlobal("sessionStorage", this.#session);
    return this;
  }
  end(): void {
    this.look();
    this.#end();
  }
  async reload(): Promise<this> {
    this.end();
    return this.load();
  }
  read(): string {
    return this.look().drafts.readDraft("c-1", "c-1");
  }
  type(text: string): void {
    this.look().drafts.writeDraft("c-1", "c-1", text);
  }
}

let local: SmallStorage;
beforeEach(() => {
  local = new SmallStorage();
  vi.stubGlobal("localStorage", local);
});
afterEach(() => void vi.unstubAllGlobals());

describe("drafts", () => {
  it("two tabs of one person have each their own, through reloads too", async () => {
    const one = await DraftTab.open();
    one.type("from the first");
    const other = await DraftTab.open();
    expect(other.read()).toBe("");
    other.type("from the second");
    await one.reload();
    expect([one.read(), other.read()]).toEqual(["from the first", "from the second"]);
    await other.reload();
    expect([one.read(), other.read()]).toEqual(["from the first", "from the second"]);
  });

  it("what a closed tab leaves is taken up by the next one, and by no third", async () => {
    const one = await DraftTab.open();
    one.type("half a sen");
    one.end();
    const [next, third] = [await DraftTab.open(), await DraftTab.open()];
    expect([next.read(), third.read()]).toEqual(["half a sen", ""]);
  });

  it("what was sent is no draft any more", async () => {
    const one = await DraftTab.open();
    one.type("sent");
    one.type("");
    await one.reload();
    expect(one.read()).toBe("");
    one.end();
    expect((await DraftTab.open()).read()).toBe("");
  });

  it("after the sign-out nothing of them is in the browser, nor comes with the end of the page", async () => {
    const one = await DraftTab.open();
    one.type("secret");
    one.drafts.writeDraft("c-1", "note/c-2", "secret too");
    one.drafts.forgetDrafts("c-1");
    one.end();
    expect([Object.keys(local), Object.keys(sessionStorage)]).toEqual([[], []]);
  });
});
