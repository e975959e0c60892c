// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { EMPTY_INBOX, reduceInbox } from "../core/inbox.ts";
import type { ConversationView, Item } from "../core/view.ts";
import type { CommandState } from "../link/desk-commands.ts";
import type { Desk } from "../link/desk-link.ts";
import { boardTextsFor } from "../ui/messages.ts";
import { App } from "./app.tsx";
import { API, CONFIG, NOW, OUTSIDE, summaryOf, TEAMS } from "./board.fixture.ts";
import { Live } from "./consumption.tsx";
import { WORD_MS } from "./keys.ts";
import { runKeyed, runMacro } from "./macro.ts";
import { askToDelete } from "./own-words.ts";
import { Board } from "./state.ts";

let orders: unknown[] = [];
let said: string[] = [];
let undone: string[] = [];
let board: Board;
/** The server that does not answer. */
const page = vi.fn(() => new Promise(() => undefined));

function fakeDesk(): Desk {
  const conversations = new Map<string, unknown>();
  const conversation = (client: string) => ({
    client,
    view: signal<ConversationView>({
      client,
      items: [],
      typing: [],
      unread: 0,
      firstUnreadKey: null,
      hasOlder: false,
      loading: false,
      empty: true,
      pending: 0,
      keptInMemoryOnly: false,
      last: 1,
    }),
    draft: "",
    setDraft: () => undefined,
    composing: () => undefined,
    setVisible: () => undefined,
    state: { markers: {} },
    uploads: { shares: signal({}) },
    say: (text: string) => said.push(`${client}: ${text}`),
  });
  const summaries = [
    summaryOf("c-1", { online: true, name: "Maria Pop", waiting: NOW - 900_000, unread: 2 }),
    summaryOf("c-2", { online: true, name: "Ion Dumitru", waiting: NOW - 60_000 }),
    summaryOf("c-3", { online: true, name: "Elena Lazăr", assignee: null, status: "open" }),
  ];
  return {
    connection: signal({ state: "live", sinceMs: 0, reason: null }),
    inbox: signal(reduceInbox(EMPTY_INBOX, { type: "snapshot", summaries, names: {} })),
    names: signal({ "a-ana": "Ana", "a-radu": "Radu" }),
    teams: TEAMS,
    left: signal(null),
    described: signal(null),
    agents: signal({ "a-radu": { state: "online", viewing: ["c-1"] } }),
    setShown: () => undefined,
    open: (client: string) => {
      if (!conversations.has(client)) conversations.set(client, conversation(client));
      return conversations.get(client);
    },
    commands: {
      send: (client: string, body: unknown) => {
        orders.push([client, body]);
        return "id";
      },
      later: (client: string, body: unknown) => {
        orders.push([client, body]);
        return "id";
      },
      undo: (client: string) => {
        undone.push(client);
        return "id";
      },
      state: () => signal<CommandState>("done"),
    },
    reading: () => signal(null),
    setViewing: () => undefined,
    setPresence: () => undefined,
    show: () => undefined,
    rows: { find: async () => null, page },
    api: API,
    notices: { outages: signal({}) },
  } as unknown as Desk;
}
/** Everything that Preact does between one key and the next. */
const drawn = async (): Promise<void> => {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
};
/** Effects wait for a frame: the title is theirs. */
const settled = (): Promise<void> => vi.waitFor(() => expect(document.title).toBe("(2) Board · Wattline"));

async function press(key: string): Promise<void> {
  (document.activeElement ?? document.body).dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
  );
  await drawn();
}
const field = (): HTMLTextAreaElement | null => document.querySelector("textarea");

beforeEach(async () => {
  [orders, said, undone] = [[], [], []];
  document.body.innerHTML = '<div id="board"></div>';
  document.title = "Board · Wattline";
  history.replaceState(null, "", "#/");
  const root = document.getElementById("board") as HTMLElement;
  board = new Board(fakeDesk(), CONFIG, OUTSIDE);
  render(<App board={board} />, root);
  await settled();
  return () => render(null, root);
});

describe("the live line", () => {
  test("a meter that tells no power shows when it reported, and no 0.00 kW", () => {
    const place = document.createElement("div");
    const t = boardTextsFor("en");
    render(<Live board={board} t={t} client="c-1" stored={{ meter: "m", at: NOW - 60_000, w: null }} />, place);
    expect(place.textContent?.trim()).toBe("meter 1m ago");
    render(<Live board={board} t={t} client="c-1" stored={{ meter: "m", at: NOW - 60_000, w: 420 }} />, place);
    expect(place.textContent?.trim()).toBe("Now 0.42 kW · meter 1m ago");
    render(null, place);
  });
});

test("the list of an attribute is not called empty before the server told who has it; a failure is said", async () => {
  const list = () => document.querySelector(".wl-pane-list")?.textContent;
  board.facets.value = ["attribute:plan:Solar"];
  await vi.waitFor(() => expect(page).toHaveBeenCalled());
  expect(list()).toContain("Loading");
  board.list.isFailed.value = true;
  await drawn();
  expect(list()).toContain("The search failed. Try again in a moment.");
  board.list.having.value = new Map([["attribute:plan:Solar", new Set<string>()]]);
  await drawn();
  expect(list()).toContain("Nothing here with “plan = Solar”");
});

test("c finds a client of the portal on the server, and Enter opens the first message to them", async () => {
  await press("j");
  await press("c");
  const field = await vi.waitFor(() => {
    const found = document.querySelector<HTMLInputElement>("[data-testid=start-picker] input");
    expect(found).not.toBeNull();
    return found as HTMLInputElement;
  });
  field.value = "ioana";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() =>
    expect(document.querySelector("[role=option]")?.textContent).toBe("Found by ioanac-77 · hill"),
  );
  field.focus();
  await press("Enter");
  expect(board.route.value.client).toBe("c-77");
  await vi.waitFor(() => expect(document.activeElement?.tagName).toBe("TEXTAREA"));
});

test("a row that a search found has the found words marked, in its name and in its text", async () => {
  board.query.value = "mar hel";
  const marks = () => [...document.querySelectorAll("[data-testid=results] [data-client=c-1] mark")];
  await vi.waitFor(() => expect(marks().map((mark) => mark.textContent)).toEqual(["Maria", "hello"]));
});

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

test("a macro sends its text, tags and resolves by one choice, and one Undo withdraws what it did", async () => {
  board.open("c-1");
  const more = { snooze: null, priority: "high", key: null } as const;
  const macro = {
    id: "m",
    title: "Bill",
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
    title: "Bill",
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

describe("the board", () => {
  test("a row says name and client id, what waits, how long and in words that it is too long", () => {
    const row = document.querySelector('[data-client="c-1"]')?.textContent ?? "";
    for (const part of ["Maria Pop", "c-1", "2 unread", "waiting 15m, more than twice the target"])
      expect(row).toContain(part);
    expect(document.title).toBe("(2) Board · Wattline");
  });

  test("the title counts what is unread, and has no number when nothing is", async () => {
    const { inbox } = board.desk;
    const read = Object.entries(inbox.value.summaries).map(([client, row]) => [client, { ...row, unread: 0 }]);
    inbox.value = { ...inbox.value, summaries: Object.fromEntries(read) };
    await vi.waitFor(() => expect(document.title).toBe("Board · Wattline"));
  });

  test("j and k go through the list, Enter opens", async () => {
    await press("j");
    await press("j");
    expect((document.activeElement as HTMLElement).dataset.client).toBe("c-2");
    await press("k");
    (document.activeElement as HTMLElement).click();
    await drawn();
    expect(location.hash).toBe("#/c-1");
    expect(document.querySelector("[data-testid=client-id]")?.textContent).toBe("c-1");
    expect(document.querySelector("[data-testid=colleagues]")?.textContent).toBe(
      "Radu is also viewing this conversation",
    );
  });

  test("after r or n the very next key is the field's, and no letter of a word orders anything", async () => {
    await press("Enter");
    await press("n");
    expect(document.activeElement).toBe(field());
    expect(field()?.getAttribute("aria-label")).toBe("Note on Maria Pop, only agents see this");
    for (const key of ["h", "e", "a", "s", "j", "/", "?"]) await press(key);
    expect(orders).toEqual([]);
    await press("Escape");
    expect(document.activeElement).not.toBe(field());
    await press("r");
    expect(field()?.getAttribute("aria-label")).toBe("Reply to Maria Pop");
    await press("Escape");
    await press("e");
    await vi.waitFor(() => expect(orders).toEqual([["c-1", { do: "resolve" }]]));
  });

  test("a sentence typed where no field is orders nothing, in the list as well as outside it", async () => {
    await press("Enter");
    for (const where of ["[data-testid=row]", "[role=log]", "[data-testid=resolve]"]) {
      document.querySelector<HTMLElement>(where)?.focus();
      for (const key of "every Sane thing please") await press(key);
      await new Promise((done) => setTimeout(done, 2 * WORD_MS));
      expect([orders, document.querySelector("[role=menu]")]).toEqual([[], null]);
    }
  });

  test("outside the list and the log e, s and a do nothing; a row that is gone takes no key along", async () => {
    await press("Enter");
    const row = document.querySelector<HTMLElement>("[data-testid=row]");
    row?.focus();
    row?.blur();
    await press("e");
    await vi.waitFor(() => expect(orders).toEqual([["c-1", { do: "resolve" }]]));
    document.querySelector<HTMLElement>("[data-testid=resolve]")?.focus();
    await press("e");
    await new Promise((done) => setTimeout(done, 2 * WORD_MS));
    expect(orders).toHaveLength(1);
  });

  test("r where nothing is open answers whoever has waited longest", async () => {
    await press("r");
    expect(document.activeElement).toBe(field());
    expect(field()?.getAttribute("aria-label")).toBe("Reply to Maria Pop");
  });

  test("the log calls the client by name, and never by an id where the name is known", async () => {
    await press("Enter");
    const said = { seq: 1, id: "m", from: "c-1", at: NOW, kind: "text", text: "hello" } as const;
    const view = board.desk.open("c-1").view as ReturnType<typeof signal<ConversationView>>;
    const item = {
      ...{
        key: "k",
        id: "m",
        seq: 1,
        sender: "c-1",
        name: null,
        mine: false,
        side: "client",
        kind: "text",
        text: "hello",
        at: NOW,
        day: "d",
      },
      ...{
        firstOfDay: true,
        firstOfGroup: true,
        tick: null,
        seenAt: null,
        refusal: null,
        edited: false,
        deleted: false,
        body: said,
      },
    } as Item;
    view.value = {
      ...(view.peek() as ConversationView),
      items: [item],
      typing: [{ sender: "c-1", name: null }],
      empty: false,
    };
    await drawn();
    const log = document.querySelector("[role=log]")?.textContent;
    expect([log?.includes("Maria Pop"), log?.includes("c-1")]).toEqual([true, false]);
  });

  test("a note is a note: tinted, labelled, and never said to the client", async () => {
    await press("Enter");
    await press("n");
    const note = field() as HTMLTextAreaElement;
    note.value = "heater replaced";
    note.dispatchEvent(new Event("input", { bubbles: true }));
    await drawn();
    expect(note.closest(".wl-composer-note")).not.toBeNull();
    expect(document.querySelector("button[type=submit]")?.textContent).toBe("Add note");
    await press("Enter");
    expect([said, orders]).toEqual([[], [["c-1", { do: "note", text: "heater replaced" }]]]);
  });

  test("a menu opens by its key, takes the focus, and gives the log the focus on Esc", async () => {
    await press("Enter");
    const focused = (text: string) =>
      vi.waitFor(() => expect((document.activeElement as HTMLElement).textContent).toContain(text));
    await press("a");
    await focused("To me");
    await press("ArrowDown");
    expect((document.activeElement as HTMLElement).textContent).toBe("Radu");
    await press("Escape");
    await vi.waitFor(() => expect(document.activeElement?.getAttribute("role")).toBe("log"));
    expect(orders).toEqual([]);
    await press("a");
    await focused("To me");
    await press("ArrowDown");
    (document.activeElement as HTMLElement).click();
    expect(orders).toEqual([["c-1", { do: "assign", to: "a-radu" }]]);
  });

  test("what nobody has is one's own by two keys", async () => {
    location.hash = "#/c-3";
    await vi.waitFor(() => expect(document.querySelector("[data-testid=client-id]")?.textContent).toBe("c-3"));
    await press("a");
    await vi.waitFor(() => expect(document.activeElement?.getAttribute("role")).toBe("menuitemradio"));
    (document.activeElement as HTMLElement).click();
    expect(orders).toEqual([["c-3", { do: "assign", to: "a-ana" }]]);
  });

  test("x checks rows, e resolves all that are checked, and the bar is gone", async () => {
    await press("j");
    await press("x");
    await press("j");
    await press("x");
    expect(document.querySelector("[data-testid=bulk] strong")?.textContent).toBe("2 selected");
    await press("e");
    await vi.waitFor(() => expect(orders).toEqual(["c-1", "c-2"].map((client) => [client, { do: "resolve" }])));
    await drawn();
    expect(document.querySelector("[data-testid=bulk]")).toBeNull();
    expect(document.querySelector("[data-testid=toast]")?.textContent).toContain("Resolved: 2 conversations");
  });

  test("Ctrl+Enter sends the words and resolves", async () => {
    await press("Enter");
    await press("r");
    const reply = field() as HTMLTextAreaElement;
    reply.value = "Done.";
    reply.dispatchEvent(new Event("input", { bubbles: true }));
    await drawn();
    reply.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true }));
    expect([said, orders]).toEqual([["c-1: Done."], [["c-1", { do: "resolve" }]]]);
  });

  test("keys of one letter can be turned off; Enter still opens", async () => {
    board.turnKeys(false);
    await press("j");
    expect(board.cursor.value).toBeNull();
    await press("Enter");
    expect(location.hash).toBe("#/c-1");
  });
});
