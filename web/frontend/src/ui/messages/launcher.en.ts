/** What the button says before there is anything else. Counts by itself: to make Intl's rules takes a page 20 ms. */

export const launcher = {
  open: "Open the chat with support",
  openUnread: (n: number) => `Open the chat with support, ${n} unread ${n === 1 ? "message" : "messages"}`,
  startFailed: "The chat could not start. Please try again in a moment.",
  notHere: "The chat is not available on this page.",
};
