/**
 * The browser's store, by identity: outbox, cached conversations, drafts. The outbox changes atomically, because
 * several tabs use it; a change wakes the others. Without IndexedDB the cache is in memory and the outbox in
 * localStorage; without that, `inMemory` says that nothing is stored.
 */

import { createStore, del, delMany, get, keys, set, type UseStore, update } from "idb-keyval";
import type { CachedConversation } from "../core/conversation.ts";
import { applyChange, type Change, type Pending } from "../core/outbox.ts";
import { forgetDrafts } from "./drafts.ts";
import { canNote, changeNotes, note, notesOf, onNote, strike } from "./outbox-journal.ts";

export interface Store {
  readonly inMemory: boolean;
  list(): Promise<readonly Pending[]>;
  /** Returns the list after the change. */
  change(change: Change): Promise<readonly Pending[]>;
  /** Calls when another tab changed the list. */
  onChange(run: () => void): void;
  kept(client: string): Promise<CachedConversation | null>;
  keep(client: string, kept: CachedConversation): Promise<void>;
  forget(client: string): Promise<void>;
  /** Returns the file of a message that waits for its upload; undefined when it is lost. */
  file(id: string): Promise<Blob | undefined>;
  keepFile(id: string, blob: Blob): Promise<void>;
  dropFile(id: string): Promise<void>;
  /** Deletes cache and drafts, not the outbox, at sign-out. */
  forgetAll(): Promise<void>;
  close(): void;
}

const NAME = "wattline";
const listKey = (me: string): string => `outbox/${me}`;
const keptKey = (me: string, client: string): string => `log/${me}/${client}`;
const fileKey = (me: string, id: string): string => `file/${me}/${id}`;

/** Open the store of this identity. */
export async function openStore(me: string): Promise<Store> {
  const opening = openDatabase(me);
  // No IndexedDB: a private window, or blocked or broken.
  return Promise.race([opening, tooLate()]).catch(() => inMemory(me, opening));
}

async function openDatabase(me: string): Promise<Store> {
  const db = reopening();
  await get(listKey(me), db);
  return inDatabase(me, db);
}

/** Reopen a database connection that ended without an event (InvalidStateError). */
function reopening(): UseStore {
  let use = createStore(NAME, NAME);
  return (mode, run) =>
    use(mode, run).catch((fault: unknown) => {
      if ((fault as Error | null)?.name !== "InvalidStateError") throw fault;
      use = createStore(NAME, NAME);
      return use(mode, run);
    });
}

/** Some browsers never answer an open. */
const OPENS_WITHIN_MS = 4_000;
export const tooLate = (): Promise<never> =>
  new Promise((_, reject) => setTimeout(() => reject(new Error("IndexedDB does not answer")), OPENS_WITHIN_MS));

function inDatabase(me: string, db: UseStore): Store {
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`${NAME}/${me}`);
  let deafen = (): void => {};
  /** Take the journal along: an earlier transaction may have failed. */
  const change = async (by: Change | null): Promise<readonly Pending[]> => {
    if (by) note(me, by);
    let noted: readonly Pending[] = [];
    let after: readonly Pending[] = [];
    await update<readonly Pending[]>(
      listKey(me),
      (list = []) => {
        noted = notesOf(me);
        const whole = noted.reduce((all, item) => applyChange(all, { do: "add", item }), list);
        after = by ? applyChange(whole, by) : whole;
        return after;
      },
      db,
    );
    for (const { id } of noted) strike(me, id);
    channel?.postMessage("outbox");
    return after;
  };
  return {
    inMemory: false,
    list: async () => (notesOf(me).length > 0 ? change(null) : ((await get(listKey(me), db)) ?? [])),
    change,
    onChange(run) {
      if (channel) channel.onmessage = run;
      deafen = onNote(me, run);
    },
    kept: async (client) => (await get<CachedConversation>(keptKey(me, client), db)) ?? null,
    keep: (client, kept) => set(keptKey(me, client), kept, db),
    forget: (client) => del(keptKey(me, client), db),
    file: (id) => get<Blob>(fileKey(me, id), db),
    keepFile: (id, blob) => set(fileKey(me, id), blob, db),
    dropFile: (id) => del(fileKey(me, id), db),
    async forgetAll() {
      forgetDrafts(me);
      const all = await keys<string>(db);
      await delMany(
        all.filter((key) => key.startsWith(`log/${me}/`)),
        db,
      );
    },
    close() {
      channel?.close();
      deafen();
    },
  };
}

/** Work in memory until the database answers, if it does; then use the database. */
function inMemory(me: string, late: Promise<Store>): Store {
  const notes = canNote();
  const held = new Map<string, CachedConversation>();
  const files = new Map<string, Blob>();
  let list: readonly Pending[] = [];
  let database: Store | null = null;
  let wake = (): void => {};
  let deafen = (): void => {};
  let closed = false;
  const turn = async (store: Store): Promise<void> => {
    if (closed) return store.close();
    deafen();
    database = store;
    if (!notes) for (const item of list) await store.change({ do: "add", item });
    store.onChange(wake);
    wake();
  };
  late.then(turn).catch(() => {}); // there is no database
  return {
    inMemory: !notes,
    list: async () => database?.list() ?? (notes ? notesOf(me) : list),
    async change(by) {
      if (database) return database.change(by);
      list = notes ? changeNotes(me, by) : applyChange(list, by);
      return list;
    },
    onChange(run) {
      wake = run;
      if (database) database.onChange(run);
      else deafen = onNote(me, run);
    },
    kept: async (client) => database?.kept(client) ?? held.get(client) ?? null,
    async keep(client, kept) {
      held.set(client, kept);
      await database?.keep(client, kept);
    },
    async forget(client) {
      held.delete(client);
      await database?.forget(client);
    },
    file: async (id) => files.get(id) ?? database?.file(id),
    async keepFile(id, blob) {
      if (database) await database.keepFile(id, blob);
      else files.set(id, blob);
    },
    async dropFile(id) {
      files.delete(id);
      await database?.dropFile(id);
    },
    async forgetAll() {
      forgetDrafts(me);
      held.clear();
      await database?.forgetAll();
    },
    close() {
      closed = true;
      deafen();
      database?.close();
    },
  };
}

/** Return a store that is opened at the first call. */
export function lazyStore(opened: () => Promise<Store>, me: string): Store {
  let held: Store | null = null;
  const store = async (): Promise<Store> => (held = await opened());
  return {
    get inMemory() {
      return held?.inMemory ?? false;
    },
    list: async () => (await store()).list(),
    async change(change) {
      note(me, change);
      return (await store()).change(change);
    },
    onChange() {},
    kept: async (client) => (await store()).kept(client),
    keep: async (client, kept) => (await store()).keep(client, kept),
    forget: async (client) => (await store()).forget(client),
    file: async (id) => (await store()).file(id),
    keepFile: async (id, blob) => (await store()).keepFile(id, blob),
    dropFile: async (id) => (await store()).dropFile(id),
    forgetAll: async () => (await store()).forgetAll(),
    close() {},
  };
}
