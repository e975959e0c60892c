// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, test, vi } from "vitest";
import { MAX_TEXT } from "../protocol/checks.ts";
import { boardTextsFor, textsFor } from "../ui/messages.ts";
import { pageTextsFor } from "../ui/page-messages.ts";
import { BulkReply } from "./bulk-reply.tsx";
import type { Reply } from "./replies.ts";
import type { Board } from "./state.ts";

test("one text goes to each checked client by name, once; none that a name makes too long; the dialog stays until all are stored, and names a refused one", async () => {
  const names: Record<string, string> = { "c-1": "Maria", "c-2": "Ion" };
  const [sent, refused] = [signal(0), signal<readonly string[]>([])];
  const sending: (readonly Reply[])[] = [];
  const drafts: string[] = [];
  let ended = 0;
  const board = {
    config: { me: { id: "a-ana", shown: "Ana" }, lang: "en" },
    now: signal(Date.UTC(2026, 10, 28)),
    clients: { facts: { valueOf: () => null } },
    actions: { summaryOf: (client: string) => ({ name: names[client], lang: "en" }) },
    clientName: (client: string) => names[client],
    targets: () => ["c-1", "c-2"],
    selection: { end: () => ended++ },
    outside: { readDraft: () => "", writeDraft: (_: string, text: string) => drafts.push(text) },
    replies: {
      ...{ isRunning: false, sent, refused },
      send: (replies: readonly Reply[], then: () => void) => {
        sending.push(replies);
        then();
      },
    },
  } as unknown as Board;
  const root = document.body.appendChild(document.createElement("div"));
  let closed = 0;
  const t = boardTextsFor("en");
  render(<BulkReply {...{ board, t }} words={textsFor("en")} onClose={() => closed++} />, root);
  const button = (): HTMLButtonElement | null => root.querySelector("[type=submit]");
  expect(root.querySelector("h2")?.textContent).toBe(t.replyToCount(2));
  expect(button()?.disabled).toBe(true);
  const field = root.querySelector("textarea") as HTMLTextAreaElement;
  const write = (text: string): void => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  names["c-2"] = "Ion Dumitru"; // makes too long what is not itself
  write(`{name}${"a".repeat(MAX_TEXT - 7)}`);
  await vi.waitFor(() => expect(root.querySelector("#wl-bulk-hint")?.textContent).toBe(textsFor("en").tooLong(4)));
  expect(button()?.disabled).toBe(true);
  names["c-2"] = "Ion";
  write("Hello {name}, the crew is there.");
  await vi.waitFor(() => expect(button()?.disabled).toBe(false));
  const form = root.querySelector("form") as HTMLFormElement;
  form.dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.waitFor(() => expect(root.querySelector("[role=status]")?.textContent).not.toBe(""));
  form.dispatchEvent(new Event("submit", { cancelable: true }));
  expect(sending).toEqual([
    [
      { client: "c-1", text: "Hello Maria, the crew is there." },
      { client: "c-2", text: "Hello Ion, the crew is there." },
    ],
  ]);
  expect([ended, closed, drafts.at(-1)]).toEqual([1, 0, ""]);
  sent.value = 1;
  refused.value = ["c-2"];
  await vi.waitFor(() => expect(root.querySelector("[role=alert]")?.textContent).toContain("Ion"));
  expect(root.querySelector("[role=status]")?.textContent).toBe(pageTextsFor("en").incidentSent(1, 2));
  sent.value = 2;
  await vi.waitFor(() => expect(closed).toBe(1));
  render(null, root);
});
