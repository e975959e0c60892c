import { useEffect } from "preact/hooks";

import type { LiveConversation } from "../link/live-conversation.ts";
import type { Board } from "./state.ts";

const FOUND = "data-found";

/**
 * Brings the entry that the address names into view, in its place, and marks it. What lies before the loaded part of the
 * log is fetched page by page until the entry is there.
 */
export function useFound(board: Board, conversation: LiveConversation): void {
  const { client, seq } = board.route.value;
  const wanted = client === conversation.client ? seq : undefined;
  const { items, hasOlder, loading } = conversation.view.value;
  const first = items[0]?.seq ?? null;
  const there = wanted !== undefined && items.some((item) => item.seq === wanted);

  useEffect(() => {
    if (wanted !== undefined && !there && !loading && hasOlder && first !== null && first > wanted)
      conversation.older();
  }, [wanted, there, loading, hasOlder, first]);

  useEffect(() => {
    if (!there) return undefined;
    const message = document.querySelector<HTMLElement>(`.wl-log [data-seq="${wanted}"]`);
    if (!message) return undefined;
    message.setAttribute(FOUND, "");
    message.tabIndex = -1;
    message.scrollIntoView({ block: "center" });
    message.focus({ preventScroll: true }); // a screen reader goes on from here
    return () => {
      message.removeAttribute(FOUND);
      message.removeAttribute("tabindex");
    };
  }, [wanted, there]);
}
