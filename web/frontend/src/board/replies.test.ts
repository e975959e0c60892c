import { signal } from "@preact/signals";
import { expect, test } from "vitest";
import type { Desk } from "../link/desk-link.ts";
import { AT_ONCE, Replies } from "./replies.ts";

test("of many replies at most AT_ONCE wait to be stored, and a refused one holds back no other", async () => {
  const begun: { store: () => void; refuse: () => void }[] = [];
  const open = (client: string) => {
    const view = signal({ pending: 0 });
    const state = { outbox: { items: [] as { said: object; failed: object | null }[] } };
    const become = (failed: object | null, pending: number): void => {
      state.outbox.items = pending > 0 ? [{ said: {}, failed }] : [];
      view.value = { pending };
    };
    begun.push({ store: () => become(null, 0), refuse: () => become({}, 1) });
    return { client, view, state, say: () => become(null, 1) };
  };
  const replies = new Replies({ open } as unknown as Pick<Desk, "open">);
  let ended = 0;
  replies.send(
    Array.from({ length: AT_ONCE + 2 }, (_, place) => ({ client: `c-${place}`, text: "Power is back at six." })),
    () => {
      ended++;
      begun[2]?.refuse(); // as a command changes the view
    },
  );
  expect([begun.length, replies.sent.value, replies.isRunning, ended]).toEqual([AT_ONCE, 0, true, 0]);
  begun[0]?.store();
  expect([begun.length, replies.sent.value, ended]).toEqual([AT_ONCE + 1, 1, 0]);
  begun[1]?.refuse();
  await Promise.resolve();
  expect([begun.length, replies.sent.value, replies.isRunning, ended]).toEqual([AT_ONCE + 2, 1, false, 1]);
  expect(replies.refused.value).toEqual(["c-1", "c-2"]);
});
