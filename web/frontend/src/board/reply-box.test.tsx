// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { expect, test, vi } from "vitest";
import type { LiveConversation } from "../link/live-conversation.ts";
import { boardTextsFor, textsFor } from "../ui/messages.ts";
import { ReplyBox } from "./reply-box.tsx";
import type { Board } from "./state.ts";

vi.mock("../ui/photo-form.tsx", () => {
  throw new Error("the server does not answer");
});

test("without their preview, which takes the place away, photos are not sent; documents are", async () => {
  const attached: string[] = [];
  const attach = async (_: Blob, name: string): Promise<boolean> => attached.push(name) > 0;
  const conversation = { client: "c-1", attach, view: signal({ items: [] }) } as unknown as LiveConversation;
  const drafts = { modeOf: () => "reply", of: () => "" };
  const board = { drafts, menu: signal(null), now: signal(0) } as unknown as Board;
  const root = document.body.appendChild(document.createElement("div"));
  const t = boardTextsFor("en");
  render(<ReplyBox board={board} t={t} words={textsFor("en")} conversation={conversation} name="Maria" />, root);
  const files = [new File(["x"], "one.jpg", { type: "image/jpeg" }), new File(["x"], "bill.pdf")];
  const drop = new Event("drop", { bubbles: true, cancelable: true });
  Object.assign(drop, { dataTransfer: { types: ["Files"], files } });
  root.querySelector(".wl-reply")?.dispatchEvent(drop);
  await vi.waitFor(() => expect(root.querySelector("[role=alert]")?.textContent).toBe(t.photosNotSent));
  await vi.waitFor(() => expect(attached).toEqual(["bill.pdf"]));
  render(null, root);
});
