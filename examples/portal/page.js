// The calls of a portal's own script to the chat. They may be pushed before the chat's script is loaded.
"use strict";

window.Wattline = window.Wattline || [];

addEventListener("DOMContentLoaded", () => {
  const byId = (id) => document.getElementById(id);
  const onClick = (id, run) => byId(id).addEventListener("click", run);

  Wattline.push(["on", "unread", (count) => (byId("unread").value = String(count))]);
  Wattline.push(["on", "open", (isOpen) => (byId("state").value = isOpen ? "open" : "closed")]);

  onClick("open", () => Wattline.push(["open"]));
  onClick("close", () => Wattline.push(["close"]));
  onClick("ask", () => {
    const today = new Date();
    today.setHours(0, 0, 0, 0);
    const yesterday = new Date(today);
    yesterday.setDate(today.getDate() - 1); // not 24 hours ago: a day may have 23, or 25
    Wattline.push(["ask", { meter: "m-maria", from: yesterday.getTime(), to: today.getTime() }]);
  });
  onClick("sign-in", async () => {
    const { identity } = await (await fetch("/identity")).json();
    Wattline.push(["identify", identity]);
  });
  onClick("sign-out", () => Wattline.push(["identify", null]));
});
