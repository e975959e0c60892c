// What a portal's own script does with the chat. Calls may be pushed before the chat's script is there.
"use strict";

window.Wattline = window.Wattline || [];
const DAY_MS = 86_400_000;

addEventListener("DOMContentLoaded", () => {
  const byId = (id) => document.getElementById(id);
  const onClick = (id, run) => byId(id).addEventListener("click", run);

  Wattline.push(["on", "unread", (count) => (byId("unread").value = String(count))]);
  Wattline.push(["on", "open", (isOpen) => (byId("state").value = isOpen ? "open" : "closed")]);

  onClick("open", () => Wattline.push(["open"]));
  onClick("close", () => Wattline.push(["close"]));
  onClick("ask", () => {
    const today = new Date().setHours(0, 0, 0, 0);
    Wattline.push(["ask", { meter: "m-maria", from: today - DAY_MS, to: today }]);
  });
  onClick("sign-in", async () => {
    const { identity } = await (await fetch("/identity")).json();
    Wattline.push(["identify", identity]);
  });
  onClick("sign-out", () => Wattline.push(["identify", null]));
});
