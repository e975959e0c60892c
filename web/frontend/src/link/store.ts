/**
 * What is kept between visits, by identity: the outbox's list, the cache of a conversation, drafts.
 * The list changes only by atomic updates, so that several tabs may change it at once; a change wakes the others.
 * Without IndexedDB the cache lives in memory and the list in the host's small storage; without that too, `inMemory`
 * says that nothing is kept.
 */

import { createStore, del, delMany, get, keys, set, update, type UseStore } from "idb-keyval";
import type { Kept } from "../core/conversation.ts";
import { applyChange, type Change, type Pending } from "../core/outbox.ts";

export interface Store {
  readonly inMemory: boolean;
  list(): Promise<readonly Pending[]>;
  /** The list after the change. */
  change(change: Change): Promise<readonly Pending[]>;
  /** Another tab changed the list. */
  onChange(run: () => void): void;
  kept(client: string): Promise<Kept | null>;
  keep(client: string, kept: Kept): Promise<void>;
  forget(client: string): Promise<void>;
  /** The bytes of a message that waits for its upload, under its id; undefined where they are gone. */
  file(id: string): Promise<Blob | undefined>;
  keepFile(id: string, blob: Blob): Promise<void>;
  dropFile(id: string): Promise<void>;
  /** Sign-out: the cache goes, the outbox stays. */
  forgetAll(): Promise<void>;
  draft(client: string): string;
  setDraft(client: string, text: string): void;
  close(): void;
}

const NAME = "wattline";
const listKey = (me: string): string => `outbox/${me}`;
const keptKey = (me: string, client: string): string => `log/${me}/${client}`;
const fileKey = (me: string, id: string): string => `file/${me}/${id}`;
const noteKey = (me: string, id: string): string => `wattline/note/${me}/${id}`;
const draftKey = (me: string, client: string): string => `wattline/draft/${me}/${client}`;

/** Opens what belongs to this identity, and nothing of another's. */
export async function openStore(me: string): Promise<Store> {
  try {
    const db = createStore(NAME, NAME);
    await Promise.race([get(listKey(me), db), tooLate()]);
    return inDatabase(me, db);
  } catch {
    return inMemory(me); // no IndexedDB here: a private window, a blocked one, a broken one
  }
}

/** Some browsers neither open nor refuse: nobody waits for those. */
const OPENS_WITHIN_MS = 4_000;
const tooLate = (): Promise<never> =>
  new Promise((_, reject) => setTimeout(() => reject(new Error("IndexedDB does not answer")), OPENS_WITHIN_MS));

function inDatabase(me: string, db: UseStore): Store {
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`${NAME}/${me}`);
  const change = async (by: Change): Promise<readonly Pending[]> => {
    note(me, by);
    let after: readonly Pending[] = [];
    await update<readonly Pending[]>(
      listKey(me),
      (list = []) => {
        after = applyChange(list, by);
        return after;
      },
      db,
    );
    if (by.do === "add") strike(me, by.item.id);
    channel?.postMessage("outbox");
    return after;
  };
  return {
    inMemory: false,
    async list() {
      for (const item of notesOf(me)) await change({ do: "add", item });
      return (await get<readonly Pending[]>(listKey(me), db)) ?? [];
    },
    change,
    onChange(run) {
      if (channel) channel.onmessage = run;
    },
    kept: async (client) => (await get<Kept>(keptKey(me, client), db)) ?? null,
    keep: (client, kept) => set(keptKey(me, client), kept, db),
    forget: (client) => del(keptKey(me, client), db),
    file: (id) => get<Blob>(fileKey(me, id), db),
    keepFile: (id, blob) => set(fileKey(me, id), blob, db),
    dropFile: (id) => del(fileKey(me, id), db),
    async forgetAll() {
      const all = await keys<string>(db);
      await delMany(
        all.filter((key) => key.startsWith(`log/${me}/`)),
        db,
      );
    },
    ...draftsOf(me),
    close: () => channel?.close(),
  };
}

/**
 * What is added is noted at once in the host's small storage, and struck out when the database has it: a reload may end
 * its transaction under way, and words that were on the screen must not go with it.
 */
function note(me: string, change: Change): void {
  if (change.do === "add") writeLocal(noteKey(me, change.item.id), JSON.stringify(change.item));
}

function strike(me: string, id: string): void {
  writeLocal(noteKey(me, id), null);
}

/** What an earlier page noted and did not get into the list, in the order of writing. */
function notesOf(me: string): readonly Pending[] {
  try {
    const names = Object.keys(localStorage).filter((key) => key.startsWith(noteKey(me, "")));
    return names.sort().flatMap((key) => JSON.parse(readLocal(key) ?? "[]") as Pending);
  } catch {
    return []; // forbidden, or not ours
  }
}

function inMemory(me: string): Store {
  let list = notesOf(me);
  const held = new Map<string, Kept>();
  const files = new Map<string, Blob>();
  return {
    inMemory: !canNote(),
    list: async () => list,
    async change(change) {
      list = applyChange(list, change);
      // The notes are the list here; the database takes them over at a later visit, if there is one then.
      const id = change.do === "add" ? change.item.id : change.id;
      const item = list.find((each) => each.id === id);
      if (item) note(me, { do: "add", item });
      else strike(me, id);
      return list;
    },
    onChange() {},
    kept: async (client) => held.get(client) ?? null,
    async keep(client, kept) {
      held.set(client, kept);
    },
    async forget(client) {
      held.delete(client);
    },
    file: async (id) => files.get(id),
    async keepFile(id, blob) {
      files.set(id, blob);
    },
    async dropFile(id) {
      files.delete(id);
    },
    forgetAll: async () => held.clear(),
    ...draftsOf(me),
    close() {},
  };
}

function canNote(): boolean {
  const key = `${NAME}/try`;
  writeLocal(key, "1");
  const can = readLocal(key) !== null;
  writeLocal(key, null);
  return can;
}

/** What is typed and not sent; in the host's small storage, so that it is there at once. */
export function draftsOf(me: string): Pick<Store, "draft" | "setDraft"> {
  const held = new Map<string, string>();
  return {
    draft(client) {
      return held.get(client) ?? readLocal(draftKey(me, client)) ?? "";
    },
    setDraft(client, text) {
      held.set(client, text);
      writeLocal(draftKey(me, client), text === "" ? null : text);
    },
  };
}

/** A store that is opened when it is first asked; drafts need none. */
export function lazyStore(opened: () => Promise<Store>, me: string): Store {
  let held: Store | null = null;
  const store = async (): Promise<Store> => {
    held = await opened();
    return held;
  };
  const drafts = draftsOf(me);
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
    ...drafts,
    close() {},
  };
}

/** The host's small storage; a browser may forbid it, and then nothing is kept. */
export function readLocal(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function writeLocal(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Forbidden or full: the page goes on without.
  }
}
