import { expect, it, vi } from "vitest";

it("shows a client's notification unless a visible page has a chat that answers", async () => {
  const heard: Record<string, (event: object) => void> = {};
  const shown: string[] = [];
  const page = (answers: boolean) => ({
    url: "https://portal.example/",
    visibilityState: "visible",
    postMessage: (_: unknown, [port]: MessagePort[]) => answers && port?.postMessage(true),
  });
  let pages = [page(false)];
  vi.stubGlobal("self", {
    location: new URL("https://portal.example/worker.js"),
    clients: { matchAll: async () => pages },
    registration: { showNotification: async (title: string) => shown.push(title) },
    addEventListener: (name: string, run: (event: object) => void) => {
      heard[name] = run;
    },
  });
  await import("./worker.ts");
  const push = (title: string) =>
    new Promise((done) => heard.push?.({ data: { json: () => ({ title, client: null }) }, waitUntil: done }));
  await push("without a chat");
  pages = [page(false), page(true)];
  await push("with one");
  expect(shown).toEqual(["without a chat"]);
});
