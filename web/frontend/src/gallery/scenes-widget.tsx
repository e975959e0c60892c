/** Every state of every view of the widget, made by the core. A missing state does not compile. */

import { newConversation } from "../core/conversation.ts";
import { type ShownKind, type Tick, viewOf } from "../core/view.ts";
import { dayOf } from "../link/environment.ts";
import { RestError } from "../link/http.ts";
import type { DeskNotice, Said } from "../protocol/payloads.ts";
import type { Connection } from "../ui/connection-bar.tsx";
import type { ChatActions } from "../widget/actions.ts";
import type { ChatState } from "../widget/chat.tsx";
import type { DaysLoaded } from "../widget/days.tsx";
import type { DeskState } from "../widget/head.tsx";
import type { End } from "../widget/strips.ts";
import { card, DAY, NOW, type SampleConversation, type SampleEntry } from "./people.ts";
import { appears, type Scene, type Scenes } from "./scene.ts";
import { conversation, open, restOf, scene, still } from "./widget-scene.tsx";

const picture = { file: "f-1", name: "meter.jpg", type: "image/jpeg", size: 81_234, width: 480, height: 320 };
const paper = { file: "f-2", name: "bill-october.pdf", type: "application/pdf", size: 240_000 };

const never = new Promise<never>(() => {});

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

/** Nobody is here, so that the chat asks for an address at once. */
const nobody: DeskNotice = { ...open, online: 0, agents: [] };
const desk = (notice: Partial<DeskNotice>): Scene => scene({ shown: { notice: { ...open, ...notice } } });
const desks = {
  online: desk({}),
  away: desk({ agents: [], replyS: null }),
  offline: desk({ open: false, agents: [], next: NOW + DAY }),
  unknown: desk({ agents: [] }),
} satisfies Of<NonNullable<DeskState["state"]> | "unknown">;

const ends = {
  none: scene(),
  rate: scene({ heard: [...conversation, { from: "a-ana", kind: "resolved" }], act: shows(".wl-face") }),
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
  failed: drawing(async () => Promise.reject(new Error("no connection")), ".wl-card figcaption"),
} satisfies Of<"loading" | "drawn" | "failed">;

const choosing = (consumption: ChatActions["consumption"]): Scene =>
  scene({ acts: { consumption }, act: pressIn(".wl-composer-row .wl-button:nth-last-of-type(2)") });
const choices = {
  loading: choosing(() => never),
  found: choosing(still.consumption),
  empty: choosing(async () => ({ points: [], last: null })),
  failed: choosing(async () => Promise.reject(new Error("no connection"))),
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
    shown: {
      outage: {
        area: "mill-street",
        text: { en: "A cable is damaged. Our crew is there. Power is expected back at 18:00." },
        at: NOW - 40 * 60_000,
      },
    },
    act: pressIn(".wl-power input:enabled"),
  }),
  welcome: scene({ heard: [] }),
  "welcome-away": scene({ heard: [], shown: { notice: { ...nobody, replyS: null } } }),
  "welcome-closed": scene({ heard: [], shown: { notice: { ...nobody, open: false, next: NOW + DAY } } }),
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
    shown: { notice: nobody },
    acts: { rest: () => mailRest(null, "none") },
    act: async (root) => void (await appears(".wl-mail input", root)),
  }),
  "mail-sent": scene({
    heard: conversation.slice(0, 2),
    shown: { notice: nobody },
    acts: { rest: () => mailRest(null, "none") },
    async act(root) {
      await giveAddress(root);
      await appears("[data-testid=mail] > .wl-strip-row", root);
    },
  }),
  "mail-refused": scene({
    heard: conversation.slice(0, 2),
    shown: { notice: nobody },
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
  "events-between": scene({
    heard: [
      ...conversation,
      { from: "c-42", kind: "text", text: "It was on manual." },
      { from: "a-ana", kind: "resolved" },
      { from: "c-42", kind: "rating", rating: { score: 4, text: "Quick!" } },
      { from: "c-42", kind: "reopened" },
      { from: "a-radu", kind: "assigned", to: "a-radu" },
      { from: "a-radu", kind: "text", text: "Then turn it to auto." },
    ],
  }),
  "rate-after-short": scene({
    heard: [
      ...conversation,
      { from: "c-42", kind: "text", text: "It was on manual." },
      { from: "a-ana", kind: "text", text: "Then turn it to auto." },
      { from: "a-ana", kind: "resolved" },
    ],
    act: shows(".wl-face"),
  }),
  "memory-only": scene({ memoryOnly: true, said: [{}] }),
  "no-hours": desk({ open: false, agents: [], next: null }),
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
