/** Every state of every view of the widget, made by the core. A missing state does not compile. */

import { render } from "preact";

import { newConversation } from "../core/conversation.ts";
import { type ConversationView, type ShownKind, type Tick, viewOf } from "../core/view.ts";
import { dayOf } from "../link/environment.ts";
import { RestError } from "../link/http.ts";
import type { Consumption } from "../link/rest.ts";
import type { DeskNotice, Said } from "../protocol/payloads.ts";
import chat from "../ui/chat.css";
import type { Connection } from "../ui/connection-bar.tsx";
import { textsFor, widgetTextsFor } from "../ui/messages.ts";
import tokens from "../ui/tokens.css";
import type { ChatActions } from "../widget/actions.ts";
import { Chat, type ChatState } from "../widget/chat.tsx";
import type { DaysLoaded } from "../widget/days.tsx";
import type { DeskState } from "../widget/head.tsx";
import launcherLook from "../widget/launcher.css";
import look from "../widget/panel.css";
import type { End } from "../widget/strips.ts";
import { card, DAY, NOW, type SampleConversation, type SampleEntry, viewOfConversation } from "./people.ts";
import { appears, type Scene, type Scenes } from "./scene.ts";

const picture = { file: "f-1", name: "meter.jpg", type: "image/jpeg", size: 81_234, width: 480, height: 320 };
const paper = { file: "f-2", name: "bill-october.pdf", type: "application/pdf", size: 240_000 };

const conversation: readonly SampleEntry[] = [
  { from: "c-42", kind: "opened" },
  { from: "c-42", kind: "text", text: "Why did I use 40 kWh yesterday? I was at work all day." },
  { from: "b-rules", kind: "text", text: "I am a program. Ana will be here in a moment." },
  { from: "a-ana", kind: "assigned", to: "a-ana" },
  { from: "a-ana", kind: "text", text: "Hello Maria! I see the peak between 17 and 20, see https://example.org/peak." },
  { from: "a-ana", kind: "text", text: "Could you look whether its switch is on “manual”?" },
];

const open: DeskNotice = {
  open: true,
  online: 2,
  agents: [
    { id: "a-ana", name: "Ana" },
    { id: "a-radu", name: "Radu" },
  ],
  next: null,
  roll: "r",
  replyS: 240,
};
/** Hours or days with one of each look: unusual, estimated, missing. */
function consumptionOf(from: number, to: number, step: "hour" | "day"): Consumption {
  const [length, usualWh] = step === "day" ? [DAY, 9_000] : [DAY / 24, 400];
  const points = Array.from({ length: Math.round((to - from) / length) }, (_, place) => {
    const unusual = step === "day" ? place === 12 : place > 16 && place < 21;
    const wh = unusual ? usualWh * 4 : usualWh + (place % 5) * (usualWh / 20);
    const at = from + place * length;
    return { at, to: at + length, wh, w: null, usualWh, unusual, estimated: place === 3 ? 1 : 0 };
  });
  const last = { meter: "m-1", at: NOW, w: 420 };
  return { points: points.filter((_, place) => place !== 9), last, price: { amount: 0.27, currency: "EUR" } };
}
const never = new Promise<never>(() => {});

function photo(): string {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [480, 320];
  const paint = canvas.getContext("2d");
  if (paint) {
    paint.fillStyle = "slategray";
    paint.fillRect(0, 0, 480, 320);
    paint.fillStyle = "white";
    paint.font = "bold 64px monospace";
    paint.fillText("012 457.3", 70, 180);
  }
  return canvas.toDataURL();
}

/** REST that answers, or fails. */
const restOf = (answers: boolean) =>
  ({
    get: async () => ({ on: false }),
    send: async () => (answers ? {} : Promise.reject(new Error("no line"))),
  }) as unknown as ReturnType<ChatActions["rest"]>;

/** REST of a client who may give an address for answers. Args: state: after it was given. */
const mailRest = (address: string | null, state: string, fault?: RestError) =>
  ({
    get: async () => ({ offered: true, address, state }),
    send: async () =>
      fault ? Promise.reject(fault) : { offered: true, address: "maria@example.org", state: "waiting" },
  }) as unknown as ReturnType<ChatActions["rest"]>;

async function giveAddress(root: ShadowRoot): Promise<void> {
  const field = (await appears(".wl-mail input", root)) as HTMLInputElement;
  field.value = "maria@example.org";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await appears(".wl-mail [type=submit]:not(:disabled)", root).then((button) => button.click());
}

const nothing = (): void => undefined;
const still: ChatActions = {
  close: nothing,
  type: nothing,
  send: nothing,
  say: nothing,
  choose: nothing,
  attach: async () => true,
  retry: nothing,
  discard: nothing,
  older: nothing,
  rate: nothing,
  rest: () => restOf(true),
  nameAsked: nothing,
  mute: nothing,
  askToNotify: async () => undefined,
  host: { identity: null, lang: "en", tell: nothing, worker: "/worker.js" },
  tryNow: nothing,
  consumption: async (from, to, step) => consumptionOf(from, to, step),
  address: (path) => (path.includes("/api/files/") ? photo() : path),
};

interface WidgetScene extends SampleConversation {
  readonly view?: ConversationView;
  readonly shown?: Partial<ChatState>;
  readonly acts?: Partial<ChatActions>;
  /** What the person then does, in the shadow root. */
  readonly act?: (root: ShadowRoot) => void | Promise<void>;
}

const scene = ({ view, shown = {}, acts = {}, act, ...told }: WidgetScene = {}): Scene => ({
  async draw(page, lang) {
    const host = document.createElement("wattline-chat");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(tokens + launcherLook + chat + look);
    root.adoptedStyleSheets = [sheet];
    const place = document.createElement("div");
    place.className = "wl-root";
    place.lang = lang;
    root.append(place);
    const heading = document.createElement("h1");
    heading.className = "wl-visually-hidden";
    heading.textContent = "Wattline";
    const main = document.createElement("main");
    main.append(heading);
    page.append(main);
    document.body.append(host);
    const all: ChatState = {
      view: view ?? viewOfConversation({ heard: conversation, ...told }),
      connection: { state: "live", sinceMs: 0, reason: null },
      notice: open,
      outage: null,
      draft: "",
      card: null,
      now: NOW,
      muted: false,
      permission: "default",
      uploads: {},
      name: "Maria",
      isKnown: true,
      isReopened: false,
      asksName: false,
      ...shown,
    };
    render(<Chat t={textsFor(lang)} wt={widgetTextsFor(lang)} shown={all} acts={{ ...still, ...acts }} />, place);
    await act?.(root);
  },
});

const pressIn =
  (selector: string) =>
  async (root: ShadowRoot): Promise<void> =>
    (await appears(selector, root)).click();
const shows =
  (selector: string) =>
  async (root: ShadowRoot): Promise<void> =>
    void (await appears(selector, root));
const connection = (state: Connection["state"], more: Partial<Connection> = {}): Scene =>
  scene({
    said: state === "live" || state === "idle" ? [] : [{}],
    shown: { connection: { state, sinceMs: 0, reason: null, ...more } },
  });

type Of<Union extends string> = Readonly<Record<Union, Scene>>;

const connections = {
  idle: connection("idle"),
  connecting: connection("connecting"),
  live: connection("live"),
  offline: connection("offline"),
  refused: connection("refused", { reason: "signed_out" }),
} satisfies Of<Connection["state"]>;

const mine = (read?: SampleConversation["read"]): Scene =>
  scene({
    heard: [...conversation, { from: "c-42", kind: "text", text: "Checking now, one moment" }],
    ...(read && { read }),
  });
const ticks = {
  sending: scene({ said: [{}] }),
  stored: mine(),
  delivered: mine({ delivered: 7, read: 0 }),
  read: mine({ delivered: 7, read: 7 }),
  failed: scene({ said: [{ refused: "too_fast" }] }),
} satisfies Of<Tick>;

const last = (entry: SampleEntry): Scene => scene({ heard: [...conversation, entry] });
const kinds = {
  text: scene(),
  file: scene({
    heard: [
      ...conversation,
      { from: "c-42", kind: "file", file: picture },
      { from: "a-ana", kind: "file", file: paper },
    ],
  }),
  card: scene({ heard: [...conversation, { from: "c-42", kind: "card", card }], act: shows(".wl-card svg text") }),
  rating: scene({
    heard: [
      ...conversation,
      { from: "a-ana", kind: "resolved" },
      { from: "c-42", kind: "rating", rating: { score: 4, text: "Quick!" } },
    ],
  }),
  opened: scene({ heard: conversation.slice(0, 1) }),
  assigned: last({ from: "a-radu", kind: "assigned", to: "a-ana" }),
  joined: last({ from: "a-radu", kind: "joined" }),
  resolved: last({ from: "a-ana", kind: "resolved" }),
  reopened: scene({
    heard: [...conversation, { from: "a-ana", kind: "resolved" }, { from: "c-42", kind: "reopened" }],
  }),
  erased: scene({ heard: [{ from: "s-bridge", kind: "erased" }] }),
} satisfies Of<ShownKind>;

const desk = (notice: Partial<DeskNotice>): Scene => scene({ shown: { notice: { ...open, ...notice } } });
const desks = {
  online: desk({}),
  away: desk({ agents: [], replyS: null }),
  offline: desk({ open: false, agents: [], next: NOW + DAY }),
  unknown: desk({ agents: [] }),
} satisfies Of<NonNullable<DeskState["state"]> | "unknown">;

const ends = {
  none: scene(),
  rate: scene({ heard: [...conversation, { from: "a-ana", kind: "resolved" }], act: pressIn(".wl-face:nth-child(4)") }),
  rated: scene({
    heard: [
      ...conversation,
      { from: "a-ana", kind: "resolved" },
      { from: "c-42", kind: "rating", rating: { score: 5 } },
    ],
  }),
} satisfies Of<End>;

const more = (shown: Partial<ChatState>): Scene => scene({ shown, act: pressIn(".wl-more button") });
const permissions = {
  default: more({}),
  granted: more({ permission: "granted", muted: true }),
  denied: more({ permission: "denied" }),
  none: more({ permission: null }),
} satisfies Of<NotificationPermission | "none">;

const drawing = (consumption: ChatActions["consumption"], shown: string): Scene =>
  scene({ heard: [...conversation, { from: "c-42", kind: "card", card }], acts: { consumption }, act: shows(shown) });
const cards = {
  loading: drawing(() => never, ".wl-card figcaption"),
  drawn: drawing(still.consumption, ".wl-card svg text"),
  failed: drawing(async () => Promise.reject(new Error("no line")), ".wl-card figcaption"),
} satisfies Of<"loading" | "drawn" | "failed">;

const choosing = (consumption: ChatActions["consumption"]): Scene =>
  scene({ acts: { consumption }, act: pressIn(".wl-composer-row .wl-button:nth-last-of-type(2)") });
const choices = {
  loading: choosing(() => never),
  found: choosing(still.consumption),
  empty: choosing(async () => ({ points: [], last: null })),
  failed: choosing(async () => Promise.reject(new Error("no line"))),
} satisfies Of<DaysLoaded>;

const file = (name: string): Partial<Said> & { upload: true } => ({
  kind: "file",
  file: { ...paper, name },
  upload: true,
});
/** Paste so many pictures; other types than JPEG hold no picture. */
const photoScene = (name: string, type: string, times = 1): Scene =>
  scene({
    async act(root) {
      const panel = await appears(".wl-panel", root);
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [1200, 800];
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg"));
      const clipboardData = new DataTransfer();
      for (let at = 0; at < times; at += 1)
        clipboardData.items.add(new File(type && blob ? [blob] : ["x"], `${at}${name}`, { type }));
      panel.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
      await appears(".wl-photos:not([aria-busy=true])", root);
    },
  });

const others = {
  lightbox: scene({
    heard: [
      ...conversation,
      { from: "c-42", kind: "file", file: picture },
      { from: "a-ana", kind: "file", file: { ...picture, file: "f-3", name: "fuse-box.jpg" } },
    ],
    async act(root) {
      await pressIn(".wl-picture")(root);
      await appears(".wl-lightbox img", root);
    },
  }),
  outage: scene({
    shown: { outage: "Mill Street is without power until about 18:00." },
    act: pressIn(".wl-power input:enabled"),
  }),
  welcome: scene({ heard: [] }),
  "welcome-guest": scene({
    view: viewOf(newConversation("", ""), { nowMs: NOW, dayOf }),
    shown: { isKnown: false, notice: null },
  }),
  uploading: scene({ said: [file("scan-of-the-bill.pdf")], shown: { uploads: { s0: 0.6 } } }),
  "upload-refused": scene({
    said: [
      { ...file("program.exe"), refused: "wrong_type" },
      { ...file("lost.pdf"), refused: "file_lost" },
    ],
  }),
  "file-too-large": scene({
    acts: { attach: async () => false },
    async act(root) {
      const panel = await appears(".wl-panel", root);
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File(["x"], "holiday-film.mp4"));
      panel.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
      await appears(".wl-strip-fault:not(:empty)", root);
    },
  }),
  photo: photoScene("meter.jpg", "image/jpeg"),
  photos: photoScene("meter.jpg", "image/jpeg", 3),
  "photo-unread": photoScene("meter.heic", ""),
  dropping: scene({
    async act(root) {
      const panel = await appears(".wl-panel", root);
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["x"], "meter.jpg"));
      panel.dispatchEvent(new DragEvent("dragover", { dataTransfer, bubbles: true, cancelable: true }));
      await appears(".wl-drop", root);
    },
  }),
  "day-chosen": scene({ shown: { card, draft: "Why was that?" } }),
  emoji: scene({
    async act(root) {
      await pressIn(".wl-composer-row [aria-expanded]")(root);
      await appears(".wl-emoji", root);
    },
  }),
  home: scene({ heard: conversation, act: pressIn(".wl-panel-head .wl-button") }),
  replies: scene({
    heard: [
      ...conversation,
      {
        from: "b-rules",
        kind: "text",
        text: "Is it about the bill of October?",
        replies: ["Yes", "No", "A person, please"],
      },
    ],
  }),
  "push-offer": scene({
    heard: [...conversation, { from: "c-42", kind: "text", text: "And on Sunday?" }],
    act: shows("[data-testid=push-offer]"),
  }),
  naming: scene({ client: "g-7f3a", heard: conversation.slice(0, 2), shown: { asksName: true } }),
  "naming-failed": scene({
    client: "g-7f3a",
    heard: conversation.slice(0, 2),
    shown: { asksName: true },
    acts: { rest: () => restOf(false) },
    async act(root) {
      const field = (await appears(".wl-strip input", root)) as HTMLInputElement;
      field.value = "Maria";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      await appears(".wl-strip [type=submit]:not(:disabled)", root).then((button) => button.click());
      await appears(".wl-strip .wl-strip-fault:not(:empty)", root);
    },
  }),
  mail: scene({
    heard: conversation.slice(0, 2),
    shown: { notice: null },
    acts: { rest: () => mailRest(null, "none") },
    act: async (root) => void (await appears(".wl-mail input", root)),
  }),
  "mail-sent": scene({
    heard: conversation.slice(0, 2),
    shown: { notice: null },
    acts: { rest: () => mailRest(null, "none") },
    async act(root) {
      await giveAddress(root);
      await appears("[data-testid=mail] > .wl-strip-row", root);
    },
  }),
  "mail-refused": scene({
    heard: conversation.slice(0, 2),
    shown: { notice: null },
    acts: { rest: () => mailRest(null, "none", new RestError(409, "unsubscribed", "")) },
    async act(root) {
      await giveAddress(root);
      await appears(".wl-mail .wl-strip-fault:not(:empty)", root);
    },
  }),
  "mail-choice": scene({
    acts: { rest: () => mailRest("maria@example.org", "verified") },
    async act(root) {
      await appears(".wl-more button", root).then((button) => button.click());
      await appears(".wl-more-list .wl-mail", root);
    },
  }),
  "near-the-limit": scene({ shown: { draft: "wattline ".repeat(430) } }),
  "too-long": scene({ shown: { draft: "wattline ".repeat(500) } }),
  "six-lines": scene({ shown: { draft: "one\ntwo\nthree\nfour\nfive\nsix\nseven" } }),
  loading: scene({ view: viewOf(newConversation("c-42", "c-42"), { nowMs: NOW, dayOf }) }),
  older: scene({ older: true }),
  typing: scene({ then: [{ type: "typing", sender: "a-ana", on: true, nowMs: NOW }] }),
  unread: scene({
    then: [
      { type: "look", visible: false, nowMs: NOW },
      {
        type: "entry",
        entry: { seq: 7, id: "m9", from: "a-ana", at: NOW, kind: "text", text: "Are you still there?" },
        nowMs: NOW,
      },
      { type: "look", visible: true, nowMs: NOW },
    ],
  }),
  "edited-and-deleted": scene({
    heard: [
      ...conversation,
      { from: "a-ana", kind: "edited", of: 5, text: "Hello Maria! The peak lies between 17 and 20." },
      { from: "a-ana", kind: "deleted", of: 6 },
    ],
  }),
  "memory-only": scene({ memoryOnly: true, said: [{}] }),
  closed: desk({ open: false, agents: [], next: null }),
} satisfies Scenes;

const named = (group: string, scenes: Scenes): Scenes =>
  Object.fromEntries(Object.entries(scenes).map(([name, each]) => [`widget-${group}-${name}`, each]));

export const widgetScenes: Scenes = {
  ...named("line", connections),
  ...named("tick", ticks),
  ...named("kind", kinds),
  ...named("desk", desks),
  ...named("end", ends),
  ...named("more", permissions),
  ...named("card", cards),
  ...named("days", choices),
  ...named("state", others),
};
