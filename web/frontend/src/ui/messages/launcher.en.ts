/** What the button says before there is anything else. */

import { count } from "./words.en.ts";

export const launcher = {
  open: "Open the chat with support",
  openUnread: (n: number) => `Open the chat with support, ${count(n, "unread message", "unread messages")}`,
  startFailed: "The chat could not start. Please try again in a moment.",
};
