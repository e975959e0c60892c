// @vitest-environment happy-dom
import { render } from "preact";
import { expect, test, vi } from "vitest";
import type { NewApiKey } from "../../link/desk-api.ts";
import { textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import type { Board } from "../state.ts";
import { daysIn, KeysPage, networksIn, proposeSpeaker } from "./keys.tsx";

test("a key's name proposes a bot; networks stand apart by lines, blanks or commas; days are whole", () => {
  expect(["Billing run", "Überfällig!", ""].map(proposeSpeaker)).toEqual(["b-billing-run", "b-uberfallig", ""]);
  expect(networksIn(" 10.0.0.0/8,\n::1 ")).toEqual(["10.0.0.0/8", "::1"]);
  expect(["", "30", "0", "1.5", "x", "9999"].map(daysIn)).toEqual([
    null,
    30,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("a new key's secret is shown once; before a key is revoked, a dialog says how it was used", async () => {
  const sent: NewApiKey[] = [];
  const revoked: string[] = [];
  let keys = [
    {
      id: "k-1",
      name: "Old",
      speaker: "b-old",
      scopes: ["read"],
      networks: [],
      expires: null,
      hint: "abcd",
      created: 1,
      used: null,
      uses: 0,
    },
  ];
  const api = {
    keys: async () => keys,
    addKey: async (draft: NewApiKey) => (sent.push(draft), { secret: "wlk_secret" }),
    revokeKey: async (id: string) => {
      revoked.push(id);
      keys = [];
    },
  };
  const board = { desk: { api }, config: { me: { admin: true } }, outside: { now: () => 1_000 } } as unknown as Board;
  const root = document.createElement("div");
  document.body.append(root);
  const find = <E extends HTMLElement>(testId: string) => root.querySelector<E>(`[data-testid="${testId}"]`);
  render(<KeysPage board={board} t={pageTextsFor("en")} words={textsFor("en")} />, root);
  await vi.waitFor(() => expect(find("api-key")?.textContent).toContain("wlk_…abcd"));
  find("key-add")?.focus();
  find("key-add")?.click();
  const name = await vi.waitFor(() => find<HTMLInputElement>("key-name") ?? expect.fail());
  expect(document.activeElement).toBe(name);
  name.value = "Billing";
  name.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() => expect(find<HTMLInputElement>("key-speaker")?.value).toBe("b-billing"));
  root.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.waitFor(() => expect(find<HTMLTextAreaElement>("key-secret")?.value).toBe("wlk_secret"));
  await vi.waitFor(() => expect(find("key-add")).not.toBeNull());
  expect(document.activeElement).toBe(find("key-add")); // as another element: the form had its place
  expect(sent).toEqual([{ name: "Billing", speaker: "b-billing", scopes: ["read"], networks: [], expires: null }]);
  find("key-revoke")?.click();
  const dialog = await vi.waitFor(() => root.querySelector("dialog") ?? expect.fail());
  expect(dialog.textContent).toContain("wlk_…abcd");
  expect(dialog.textContent).toContain("Never");
  expect(revoked).toEqual([]);
  [...dialog.querySelectorAll("button")].at(-1)?.click();
  await vi.waitFor(() => expect(root.querySelector("a")?.getAttribute("href")).toBe("/docs")); // none is left
  expect(revoked).toEqual(["k-1"]);
});
