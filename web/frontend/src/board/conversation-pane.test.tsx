// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from "vitest";
import { reduceInbox } from "../core/inbox.ts";
import type { ConversationView, Item } from "../core/view.ts";
import type { ClientFacts } from "../link/desk-api.ts";
import { boardTextsFor } from "../ui/messages.ts";
import { board, drawn, field, mount, orders, press, said, undone } from "./app.fixture.tsx";
import { NOW, summaryOf } from "./board.fixture.ts";
import { faces } from "./faces.tsx";
import { WORD_MS } from "./keys.ts";
import { runKeyed, runMacro } from "./macro.ts";
import { askToDelete } from "./own-words.ts";

beforeEach(mount);

test("a press on a picture shows it large, and the arrows show the others of the conversation", async () => {
  const picture = (seq: number, name: string) => {
    const file = { file: `f-${seq}`, name, type: "image/png", size: 9, width: 4, height: 3 };
    return { key: name, id: name, seq, sender: "c-1", side: "client", kind: "file", text: "", at: NOW, body: { file } };
  };
  board.open("c-1");
  const { view } = board.desk.open("c-1");
  const items = [picture(4, "meter.png"), picture(5, "display.png")] as unknown as Item[];
  (view as { value: ConversationView }).value = { ...view.value, items };
  await drawn();
  document.querySelector<HTMLElement>("[data-seq='4'] .wl-picture img")?.click();
  const shown = () => document.querySelector("[data-testid=lightbox]")?.textContent ?? "";
  await vi.waitFor(() => expect(shown()).toMatch(/meter\.png.*Maria Pop.*1 of 2/u));
  document
    .querySelector("[data-testid=lightbox]")
    ?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  await drawn();
  expect(shown()).toMatch(/display\.png.*2 of 2/u);
});

test("the line below an agent's messages names the agent, on the agent's own screen too", async () => {
  board.open("c-1");
  const { view } = board.desk.open("c-1");
  const own = { key: "1", id: "1", seq: 1, sender: "a-ana", name: "Ana", side: "agent", kind: "text", mine: true };
  const items = [{ ...own, text: "Good morning", at: NOW, body: {}, tick: "stored" }] as unknown as Item[];
  (view as { value: ConversationView }).value = { ...view.value, items };
  await drawn();
  expect(document.querySelector(".wl-pane-conversation .wl-meta")?.textContent).toMatch(/^Ana · .* Sent$/u);
});

test("a mention begun in a reply goes on in the note, and keeps both drafts", async () => {
  board.open("c-1");
  board.drafts.set("c-1", "reply", "Good morning");
  board.drafts.set("c-1", "note", "See");
  await drawn();
  document.querySelector<HTMLElement>("[data-testid=mention]")?.click();
  expect([board.drafts.modeOf("c-1"), board.drafts.of("c-1", "note"), board.dialog.value]).toEqual([
    "note",
    "See @",
    "mention",
  ]);
  expect(board.drafts.of("c-1", "reply")).toBe("Good morning");
});

describe("the address of a client without a conversation", () => {
  const facts = (id: string): ClientFacts => ({
    ...{ id, name: "Ioana Marin", lang: null, area: null, meters: [], was: null, guest: false, attributes: {} },
    ...{ devices: [], mail: { address: null, state: "none" } },
  });
  const NOT_FOUND = Object.assign(new Error("There is no client c-99."), { status: 404, code: "not_found" });
  const shown = () => document.querySelector(".wl-pane-conversation")?.textContent ?? "";
  const asked = vi.fn();
  beforeEach(() => {
    asked.mockReset();
    vi.spyOn(board.desk.api, "client").mockImplementation(asked);
    return () => vi.restoreAllMocks();
  });

  test("who does not exist has no composer, no commands and no data to erase, and one way on to the inbox", async () => {
    asked.mockRejectedValue(NOT_FOUND);
    board.go({ client: "c-99", pane: "context" });
    await vi.waitFor(() => expect(shown()).toContain("There is no client c-99"));
    expect(field()).toBe(null);
    expect(document.querySelector(".wl-pane-context")?.textContent).toBe("");
    expect(document.querySelector(".wl-board")?.getAttribute("data-pane")).toBe("conversation");
    for (const key of ["e", "r", "a", ";"]) await press(key);
    expect([orders, board.dialog.value, board.targets()]).toEqual([[], null, []]);
    const buttons = [...document.querySelectorAll<HTMLButtonElement>(".wl-pane-conversation button")];
    expect(buttons.map(({ textContent }) => textContent)).toEqual(["Open the inbox"]);
    buttons[0]?.click();
    expect(board.route.value).toEqual({ client: null, pane: "list" });
  });

  test("who is made later opens by itself, known by the portal or by a first message", async () => {
    asked.mockRejectedValue(NOT_FOUND);
    board.open("c-99");
    await vi.waitFor(() => expect(shown()).toContain("There is no client"));
    asked.mockResolvedValue(facts("c-99"));
    board.now.value += 10_000;
    await vi.waitFor(() => expect(shown()).toContain("Ioana Marin"));
    expect(field()).not.toBe(null);
    asked.mockRejectedValue(NOT_FOUND);
    board.open("c-98");
    await vi.waitFor(() => expect(shown()).toContain("There is no client c-98"));
    const { inbox } = board.desk;
    (inbox as { value: typeof inbox.value }).value = reduceInbox(inbox.value, {
      type: "snapshot",
      summaries: [summaryOf("c-98")],
      names: {},
    });
    await vi.waitFor(() => expect(field()).not.toBe(null));
  });

  test("who is known without a conversation, and anyone while the server does not answer, can be written to", async () => {
    asked.mockResolvedValue(facts("c-77"));
    board.open("c-77");
    await vi.waitFor(() => expect(shown()).toContain("Ioana Marin"));
    expect(field()).not.toBe(null);
    asked.mockRejectedValue(Object.assign(new Error("away"), { status: 0, code: "" }));
    board.open("c-78");
    await vi.waitFor(() => expect(board.clients.facts.of("c-78").state).toBe("failed"));
    await drawn();
    expect(field()).not.toBe(null);
  });
});

test("what stands beside a conversation is asked for once its words are drawn", async () => {
  const asked = [vi.spyOn(board.desk.api, "client"), vi.spyOn(board.desk.api, "earlier")];
  const consumption = vi.spyOn(board.desk.api, "consumption");
  const { view } = board.desk.open("c-1");
  const put = (loading: boolean) => {
    (view as { value: ConversationView }).value = { ...view.value, loading };
  };
  put(true);
  board.open("c-1");
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (const request of [...asked, consumption]) expect(request).not.toHaveBeenCalled();
  put(false);
  for (const request of asked) await vi.waitFor(() => expect(request).toHaveBeenCalledWith("c-1"));
  await vi.waitFor(() => expect(consumption).toHaveBeenCalled());
  vi.restoreAllMocks();
});

test("the erase dialog counts messages and files, where all of the conversation is loaded", async () => {
  const said = (seq: number, kind: string, more: object = {}) => ({
    ...{ key: `${seq}`, id: `${seq}`, seq, sender: "c-1", side: "client", kind, text: "hello", at: NOW, body: {} },
    ...more,
  });
  board.open("c-1");
  const { view } = board.desk.open("c-1");
  const items = [
    said(1, "text"),
    said(2, "file", { body: { file: { file: "f-2", name: "a.pdf", type: "application/pdf", size: 9 } } }),
    said(3, "resolved", { body: { kind: "resolved" } }),
    said(4, "text", { deleted: true }),
  ] as unknown as Item[];
  const show = (hasOlder: boolean) => {
    (view as { value: ConversationView }).value = { ...view.value, items, hasOlder, empty: false };
  };
  show(false);
  board.dialog.value = "erase";
  const counts = () => document.querySelector("[data-testid=erase-counts]")?.textContent;
  await vi.waitFor(() => expect(counts()).toBe("2 messages and 1 file"));
  expect(document.querySelector("[data-testid=erase-rest]")?.textContent).toBe("notes, readings and devices");
  expect(boardTextsFor("en").eraseRestCounts(2, 1)).toBe("2 notes, 1 device, and all readings");
  show(true);
  await vi.waitFor(() => expect(counts()).toBe("all messages and files"));
  board.dialog.value = null;
});

test("a macro sends its text, tags and resolves by one choice, and one Undo withdraws what it did", async () => {
  board.open("c-1");
  const more = { snooze: null, priority: "high", key: null } as const;
  const macro = {
    id: "m",
    title: { en: "Bill" },
    text: { en: "Your bill" },
    tag: "bill",
    assign: true,
    resolve: true,
    ...more,
  };
  runMacro(board, "c-1", "Your bill", macro);
  expect(said).toEqual(["c-1: Your bill"]);
  expect(orders).toEqual([
    ["c-1", { do: "priority", level: "high" }],
    ["c-1", { do: "tag", add: ["bill"], remove: [] }],
    ["c-1", { do: "resolve" }],
  ]);
  board.actions.undo();
  expect(orders).toContainEqual(["c-1", { do: "tag", add: [], remove: ["bill"] }]);
  expect(undone).toEqual(["c-1"]);
});

test("a digit runs its macro on the open conversation, unless it is part of a text", async () => {
  board.open("c-1");
  await drawn();
  const reply = {
    id: "m",
    title: { en: "Bill" },
    text: { en: "Hello {name}, wait" },
    tag: null,
    assign: false,
    resolve: false,
  };
  const replies = [{ ...reply, snooze: "tomorrow", priority: null, key: "3" }];
  board.settings.state.value = { state: "loaded", value: { canned: { rev: 1, value: { replies } } } } as never;
  for (const key of "3rd") await press(key);
  await new Promise((done) => setTimeout(done, 2 * WORD_MS));
  expect(said).toEqual([]);
  await new Promise((done) => setTimeout(done, 1_000));
  await press("3");
  await vi.waitFor(() => expect(said).toEqual(["c-1: Hello Maria Pop, wait"]));
  expect(orders).toEqual([["c-1", { do: "snooze", until: expect.any(Number) }]]);
});

test("a digit sends the reply as a colleague saved it meanwhile, in the row's language before the client's facts are here", async () => {
  const plain = { id: "m", title: "Bill", tag: null, assign: false, resolve: false, snooze: null, priority: null };
  const saved = (text: object) => ({ canned: { rev: 1, value: { replies: [{ ...plain, text, key: "3" }] } } }) as never;
  const { inbox } = board.desk;
  const [row] = [summaryOf("c-1", { rev: 2, lang: "ro" })];
  inbox.value = reduceInbox(inbox.value, { type: "summary", summary: row });
  vi.spyOn(board.desk.api, "settings").mockResolvedValue(saved({ en: "New", ro: "Nou" }));
  board.settings.state.value = { state: "loaded", value: saved({ en: "Old", ro: "Vechi" }) };
  board.open("c-1");
  await runKeyed(board, "3");
  expect(said).toEqual(["c-1: Nou"]);
  vi.restoreAllMocks();
});

test("unsent words of a conversation that became another team's are shown beside a refusal, and can be copied", async () => {
  const copied = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
  (board.desk as { left: { value: unknown } }).left.value = { client: "c-9", name: "Ana Pop", unsent: ["one", "two"] };
  const toast = () => document.querySelector("[data-testid=refused]");
  await vi.waitFor(() => expect(toast()?.textContent).toContain("Maybe not sent: one\ntwo"));
  toast()?.querySelector("button")?.click();
  expect(copied).toHaveBeenCalledWith("one\ntwo");
  board.actions.refused.value = { clients: ["c-9"], of: 1, texts: ["Why."] }; // its row left: the notice has its name
  await vi.waitFor(() => expect(toast()?.textContent).toContain("Not done for Ana Pop: Why."));
  expect(toast()?.textContent).toContain("Maybe not sent: one\ntwo");
  vi.restoreAllMocks();
});

test("the photo of an agent is read again when the same file is chosen again", async () => {
  board.openFace("a-ana");
  const field = await vi.waitFor(() => {
    const found = document.querySelector<HTMLInputElement>("[data-testid=face] input");
    expect(found).not.toBeNull();
    return found as HTMLInputElement;
  });
  let value = "C:\\fakepath\\me.jpg";
  Object.defineProperty(field, "value", { get: () => value, set: (set) => (value = set) });
  field.dispatchEvent(new Event("change", { bubbles: true }));
  expect(value).toBe("");
});

test("an agent without a photo has none to remove, and choosing one is the loud button", async () => {
  const offered = () =>
    [...document.querySelectorAll<HTMLButtonElement>("[data-testid=face] button")].map(
      ({ textContent, classList }) => `${textContent}${classList.contains("wl-button-primary") ? "!" : ""}`,
    );
  board.openFace("a-ana");
  await vi.waitFor(() => expect(offered()).toEqual(["Choose a photo!", "Close"]));
  faces.change("a-radu", "/faces/1.webp");
  board.openFace("a-radu");
  await vi.waitFor(() => expect(offered()).toEqual(["Choose a photo", "Remove", "Close!"]));
  faces.change("a-radu", undefined);
});

test("a photo that is pasted into a reply is previewed, and is not sent before", async () => {
  vi.stubGlobal("createImageBitmap", async () => Promise.reject(new Error("no picture")));
  board.open("c-1");
  await drawn();
  const paste = new Event("paste", { bubbles: true, cancelable: true });
  Object.assign(paste, { clipboardData: { files: [new File(["x"], "meter.jpg", { type: "image/jpeg" })] } });
  document.querySelector(".wl-reply")?.dispatchEvent(paste);
  const dialog = () => document.querySelector("dialog[aria-label='Send this photo?']");
  await vi.waitFor(() => expect(dialog()?.textContent).toContain("This picture cannot be read."));
  [...(dialog()?.querySelectorAll("button") ?? [])].find((each) => each.textContent === "Cancel")?.click();
  await vi.waitFor(() => expect(dialog()).toBeNull());
  vi.unstubAllGlobals();
});

describe("one's own words", () => {
  const said = (seq: number, sender: string, text: string) =>
    ({
      key: `${seq}`,
      id: `m${seq}`,
      seq,
      sender,
      mine: sender === "a-ana",
      side: "agent",
      kind: "text",
      text,
      at: NOW,
      body: {},
    }) as Item;

  test("↑ in an empty field edits the last own message, Enter sends the change, and the draft of the reply stays", async () => {
    board.open("c-1");
    const { view } = board.desk.open("c-1");
    (view as { value: ConversationView }).value = {
      ...view.value,
      items: [said(4, "a-ana", "Power is bakc"), said(5, "c-1", "Thanks")],
    };
    await drawn();
    field()?.focus();
    (field() as Element).dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowUp", altKey: true, bubbles: true }));
    (document.querySelector("[data-testid=mode-reply]") as HTMLElement).focus();
    await press("ArrowUp");
    expect(field()?.value).toBe(""); // neither with a modifier nor beside the field
    field()?.focus();
    board.drafts.set("c-1", "reply", "Hel");
    await drawn();
    await press("ArrowUp");
    expect(field()?.value).toBe("Hel");
    board.drafts.set("c-1", "reply", "");
    await drawn();
    await press("ArrowUp");
    expect(field()?.value).toBe("Power is bakc");
    await vi.waitFor(() => expect(document.activeElement).toBe(field()));
    (field() as HTMLTextAreaElement).value = "Power is back";
    field()?.dispatchEvent(new Event("input", { bubbles: true }));
    await drawn();
    await press("Enter");
    expect(orders).toContainEqual(["c-1", { do: "edit", of: 4, text: "Power is back" }]);
    expect(field()?.value).toBe("");
  });

  test("a message has its tools only under the pointer: no screen reader hears them with each message", async () => {
    board.open("c-1");
    const { view } = board.desk.open("c-1");
    (view as { value: ConversationView }).value = {
      ...view.value,
      items: [said(4, "a-ana", "one"), said(5, "c-1", "two")],
    };
    await drawn();
    const tools = () => document.querySelectorAll(".wl-message-tools").length;
    expect(tools()).toBe(0);
    document.querySelector("[data-seq='5']")?.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
    await vi.waitFor(() => expect(tools()).toBe(1));
    expect(document.querySelector("[data-seq='5'] .wl-message-tools")).not.toBeNull();
  });

  test("a deletion asks first, with the safe button focused", async () => {
    board.open("c-1");
    askToDelete(board, "c-1", said(4, "a-ana", "wrong client"));
    const button = await vi.waitFor(() => {
      const found = document.querySelector<HTMLElement>("[data-testid=delete-message]");
      expect(found).not.toBeNull();
      return found as HTMLElement;
    });
    expect(orders).toEqual([]);
    button.click();
    expect(orders).toContainEqual(["c-1", { do: "delete", of: 4 }]);
  });
});
