/** Draw a scene of the widget, with sample messages and a server that answers from samples. */

import { render } from "preact";

import type { ConversationView } from "../core/view.ts";
import type { Consumption } from "../link/rest.ts";
import type { DeskNotice } from "../protocol/payloads.ts";
import chat from "../ui/chat.css";
import { textsFor, widgetTextsFor } from "../ui/messages.ts";
import tokens from "../ui/tokens.css";
import type { ChatActions } from "../widget/actions.ts";
import { Chat, type ChatState } from "../widget/chat.tsx";
import launcherLook from "../widget/launcher.css";
import look from "../widget/panel.css";
import { DAY, NOW, type SampleConversation, type SampleEntry, viewOfConversation } from "./people.ts";
import type { Scene } from "./scene.ts";

export const conversation: readonly SampleEntry[] = [
  { from: "c-42", kind: "opened" },
  { from: "c-42", kind: "text", text: "Why did I use 40 kWh yesterday? I was at work all day." },
  { from: "b-rules", kind: "text", text: "I am a program. Ana will be here in a moment." },
  { from: "a-ana", kind: "assigned", to: "a-ana" },
  { from: "a-ana", kind: "text", text: "Hello Maria! I see the peak between 17 and 20, see https://example.org/peak." },
  { from: "a-ana", kind: "text", text: "Could you look whether its switch is on “manual”?" },
];

export const open: DeskNotice = {
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
export function consumptionOf(from: number, to: number, step: "hour" | "day"): Consumption {
  const [length, usualWh] = step === "day" ? [DAY, 9_000] : [DAY / 24, 400];
  const first = step === "day" ? new Date(from + DAY).setHours(0, 0, 0, 0) : from;
  const points = Array.from({ length: Math.round((to - from) / length) }, (_, place) => {
    const unusual = step === "day" ? place === 12 : place > 16 && place < 21;
    const wh = unusual ? usualWh * 4 : usualWh + (place % 5) * (usualWh / 20);
    const unusualHours = step === "day" && place === 6 ? 2 : 0;
    const at = first + place * length;
    return { at, to: at + length, wh, w: null, usualWh, unusual, unusualHours, estimated: place === 3 ? 1 : 0 };
  });
  const last = { meter: "m-1", at: NOW, w: 420 };
  return { points: points.filter((_, place) => place !== 9), last, price: { amount: 0.27, currency: "EUR" } };
}

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
export const restOf = (answers: boolean) =>
  ({
    get: async () => ({ on: false }),
    send: async () => (answers ? {} : Promise.reject(new Error("no connection"))),
  }) as unknown as ReturnType<ChatActions["rest"]>;

export const nothing = (): void => undefined;
export const still: ChatActions = {
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

export interface WidgetScene extends SampleConversation {
  readonly view?: ConversationView;
  readonly shown?: Partial<ChatState>;
  readonly acts?: Partial<ChatActions>;
  /** What the person then does, in the shadow root. */
  readonly act?: (root: ShadowRoot) => void | Promise<void>;
}

export const scene = ({ view, shown = {}, acts = {}, act, ...told }: WidgetScene = {}): Scene => ({
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
