import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Pending } from "../core/outbox.ts";
import { SmallStorage } from "./small-storage.fixture.ts";
import { lazyStore, openStore } from "./store.ts";

let small: SmallStorage;
beforeEach(() => {
  small = new SmallStorage();
  vi.stubGlobal("localStorage", small);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
const item = (id: string): Pending => ({ id, client: "c-1", atMs: 0, failed: null });
const ids = (list: readonly Pending[]): string[] => list.map(({ id }) => id);
const never = (): IDBRequest => ({}) as IDBRequest;

describe("what is noted beside the database", () => {
  it("keeps the order of writing, whatever the clock that the ids were made by", async () => {
    const open = vi.spyOn(indexedDB, "open").mockImplementation(() => {
      throw new DOMException("closed", "InvalidStateError");
    });
    const dark = await openStore("c-21");
    for (const id of ["m30", "m20", "m10"]) await dark.change({ do: "add", item: item(id) });
    await dark.change({ do: "fail", id: "m30", failure: { why: "too_long", text: "Too long." } });
    expect(ids(await dark.list())).toEqual(["m30", "m20", "m10"]);
    await dark.change({ do: "retry", id: "m30" });
    expect(ids(await dark.list())).toEqual(["m20", "m10", "m30"]);
    open.mockRestore();
    const lit = await openStore("c-21");
    expect(ids(await lit.list())).toEqual(["m20", "m10", "m30"]);
    expect(Object.keys(small)).toEqual([]);
    lit.close();
  });
  it("is taken along by the next change where its own transaction failed: no word leaves the list", async () => {
    const store = await openStore("c-22");
    const put = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementationOnce(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    await expect(store.change({ do: "add", item: item("m1") })).rejects.toThrow();
    expect(put).toHaveBeenCalledOnce();
    expect(ids(await store.change({ do: "add", item: item("m2") }))).toEqual(["m1", "m2"]);
    store.close();
  });
  it("is struck when it is dropped, before the database knows: a word that was stored does not come back", async () => {
    const store = await openStore("c-23");
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    await store.change({ do: "add", item: item("m1") }).catch(() => {});
    await store.change({ do: "drop", id: "m1" }).catch(() => {});
    vi.restoreAllMocks();
    expect(ids(await store.list())).toEqual([]);
    store.close();
  });
  it("goes to a database that answers late, behind what that kept from an earlier visit, and wakes the screen", async () => {
    const before = await openStore("c-24");
    await before.change({ do: "add", item: item("kept") });
    before.close();
    const open = indexedDB.open.bind(indexedDB);
    const late: (() => void)[] = [];
    vi.spyOn(indexedDB, "open").mockImplementation((name: string) => {
      const request = never();
      late.push(() => {
        const real = open(name);
        real.onsuccess = () => {
          Object.defineProperty(request, "result", { value: real.result });
          request.onsuccess?.(new Event("success"));
        };
      });
      return request as IDBOpenDBRequest;
    });
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const opening = openStore("c-24");
    vi.advanceTimersByTime(4_000);
    const store = await opening;
    vi.useRealTimers();
    await store.change({ do: "add", item: item("noted") });
    expect(ids(await store.list())).toEqual(["noted"]);
    const woken = new Promise<void>((run) => store.onChange(run));
    for (const answer of late) answer();
    await woken;
    expect(ids(await store.list())).toEqual(["kept", "noted"]);
    expect(Object.keys(small)).toEqual([]);
    store.close();
  });
});

describe("a connection to the database that ended without an event", () => {
  it("is opened anew by whoever uses it next: the list, the cache and the files go on", async () => {
    const store = await openStore("c-31");
    await store.change({ do: "add", item: item("m1") });
    const transaction = IDBDatabase.prototype.transaction;
    const dead = new Set<IDBDatabase>();
    let first: IDBDatabase | null = null;
    vi.spyOn(IDBDatabase.prototype, "transaction").mockImplementation(function (
      this: IDBDatabase,
      ...asked: Parameters<IDBDatabase["transaction"]>
    ) {
      first ??= this;
      if (this === first) dead.add(this);
      if (dead.has(this)) throw new DOMException("The database connection is closing.", "InvalidStateError");
      return transaction.apply(this, asked);
    });
    expect(ids(await store.list())).toEqual(["m1"]);
    await store.keepFile("m1", new Blob(["x"]));
    expect(await (await store.file("m1"))?.text()).toBe("x");
    store.close();
  });
});

describe("a store", () => {
  it("loses no change when two tabs write at once, and keeps the list's order", async () => {
    const [one, two] = [await openStore("c-7"), await openStore("c-7")];
    const item = (id: string) => ({
      id,
      client: "c-7",
      atMs: 0,
      said: { id, kind: "text" as const, text: id, sent: 0 },
      failed: null,
    });
    const adds = Array.from({ length: 40 }, (_, place) =>
      (place % 2 ? one : two).change({ do: "add", item: item(`m${place}`) }),
    );
    await Promise.all(adds);
    expect((await one.list()).map(({ id }) => id).sort()).toEqual(
      Array.from({ length: 40 }, (_, place) => `m${place}`).sort(),
    );
    await Promise.all([
      one.change({ do: "drop", id: "m3" }),
      two.change({ do: "drop", id: "m4" }),
      one.change({ do: "add", item: item("m5") }),
    ]);
    expect((await two.list()).length).toBe(38);
    expect(await one.list()).toEqual(await two.list());
    for (const store of [one, two]) store.close();
  });
  it("opens nothing of another identity", async () => {
    const one = await openStore("c-8");
    await one.keep("c-8", {
      epoch: "e",
      erased: null,
      entries: [],
      first: 1,
      markers: {},
      own: { delivered: 0, read: 0 },
      names: {},
      seenAtMs: null,
    });
    const other = await openStore("c-9");
    expect(await other.kept("c-8")).toBeNull();
    await one.forgetAll();
    expect(await one.kept("c-8")).toBeNull();
    one.close();
    other.close();
  });
  it("keeps words that a reload caught before the database had them, in their order and once", async () => {
    // A page that dies in the middle of its transaction leaves the note, and nothing in the database.
    const dying = lazyStore(() => new Promise(() => {}), "c-11");
    void dying.change({ do: "add", item: item("m1") });
    void dying.change({ do: "add", item: item("m2") });
    const store = await openStore("c-11");
    expect(ids(await store.list())).toEqual(["m1", "m2"]);
    expect(Object.keys(small)).toEqual([]);
    expect(ids(await store.change({ do: "add", item: item("m2") }))).toEqual(["m1", "m2"]);
    expect(ids(await store.change({ do: "drop", id: "m1" }))).toEqual(["m2"]);
    store.close();
  });
  it("lives in memory, and says so, where there is no IndexedDB", async () => {
    vi.stubGlobal("indexedDB", undefined);
    vi.stubGlobal("localStorage", undefined);
    const store = await openStore("c-10");
    expect(store.inMemory).toBe(true);
    await store.change({ do: "add", item: item("m1") });
    expect((await store.list()).length).toBe(1);
  });
  it("keeps the list in the host's small storage where there is no IndexedDB", async () => {
    vi.stubGlobal("indexedDB", undefined);
    const store = await openStore("c-12");
    expect(store.inMemory).toBe(false);
    await store.change({ do: "add", item: item("m1") });
    await store.change({ do: "add", item: item("m2") });
    await store.change({ do: "drop", id: "m1" });
    const again = await openStore("c-12");
    expect(ids(await again.list())).toEqual(["m2"]);
  });
});
