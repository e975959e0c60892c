/**
 * Sound and desktop notification for an answer that nobody sees arrive. One tab alerts; none does for a bot before a
 * person has answered. Notifications need a click on their button.
 */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { ConversationView, Item } from "../core/view.ts";
import { readLocal, writeLocal } from "../link/outbox-journal.ts";
import { roleOf } from "../protocol/ids.ts";
import { SAID_KINDS } from "../protocol/kinds.ts";
import { notifyPermission } from "../ui/alerts.ts";
import { loadLater } from "./lazy.tsx";

export type WidgetAlerts = ReturnType<typeof makeAlerts>;

interface AlertOptions {
  /** Returns a notification's texts. */
  readonly words: (item: Item) => { readonly title: string; readonly body: string };
  readonly onClick: () => void;
}

const MUTED_KEY = "wattline/muted";
const alertedKey = (client: string): string => `wattline/rang/${client}`;
/** Other tabs wait so long for one in which the chat is visible. */
const OTHERS_MS = 400;

export function makeAlerts({ words, onClick }: AlertOptions) {
  const muted = signal(readLocal(MUTED_KEY) !== null);
  const permission = signal(notifyPermission());
  return {
    muted: muted as ReadonlySignal<boolean>,
    permission: permission as ReadonlySignal<NotificationPermission | null>,
    mute(now: boolean): void {
      muted.value = now;
      writeLocal(MUTED_KEY, now ? "1" : null);
    },
    /** Asks for permission; call from a button. */
    async ask(): Promise<void> {
      await Notification.requestPermission();
      permission.value = notifyPermission();
    },
    /** Takes the conversation's new state. `seen`: it is visible in this tab. */
    hear(view: ConversationView, seen: boolean): void {
      const newest = newestAnswer(view);
      const key = alertedKey(view.client);
      const heard = readLocal(key);
      if (!newest) {
        if (heard === null && !view.loading) writeLocal(key, "0");
        return;
      }
      // Answers older than this browser's first visit are no news.
      if (Number(heard) >= newest.seq) return;
      if (heard === null || seen || view.unread === 0 || !personAnswered(view)) {
        writeLocal(key, String(newest.seq));
        return;
      }
      setTimeout(
        () =>
          void loadLater()
            .then(({ ringOnce }) =>
              ringOnce(key, newest.seq, muted.peek(), permission.peek() === "granted" && words(newest.item), onClick),
            )
            .catch(() => {}),
        OTHERS_MS,
      );
    },
  };
}

interface Answer {
  readonly item: Item;
  readonly seq: number;
}

function newestAnswer({ items }: ConversationView): Answer | null {
  const item = items.findLast(({ side, mine, kind }) => side === "agent" && !mine && SAID_KINDS.includes(kind));
  return item && item.seq !== null ? { item, seq: item.seq } : null;
}

/** Return whether a person has answered; from then on there is a sound. */
const personAnswered = ({ items }: ConversationView): boolean =>
  items.some(({ sender, kind }) => roleOf(sender) === "agent" && SAID_KINDS.includes(kind));
