/** The chat's actions. Before sign-in they change what is stored until then. */

import type { ReadonlySignal, Signal } from "@preact/signals";
import type { ClientLink } from "../link/client-link.ts";
import type { LiveConversation } from "../link/live-conversation.ts";
import type { Consumption } from "../link/rest.ts";
import type { Card, Rating } from "../protocol/kinds.ts";
import type { WidgetAlerts } from "./alerts.ts";
import type { EarlyMessages } from "./before-sign-in.ts";
import type { Host } from "./host.ts";
import { noteUse } from "./last-visitor.ts";
import { loadLater } from "./lazy.tsx";
import { nameAsked } from "./strips.ts";

export type ChatActions = ReturnType<typeof actionsOf>;

interface Parts {
  readonly link: ReadonlySignal<ClientLink | null>;
  readonly early: EarlyMessages;
  readonly draft: Signal<string>;
  readonly card: Signal<Card | null>;
  readonly alerts: WidgetAlerts;
  readonly close: () => void;
  readonly nameAsked: () => void;
  readonly host: Pick<Host, "identity" | "lang" | "tell" | "worker">;
}

export function actionsOf({ link, early, draft, card, alerts, close, nameAsked: onNameAsked, host }: Parts) {
  const conversation = (): LiveConversation | null => link.peek()?.conversation.peek() ?? null;
  const client = (): string => conversation()?.client ?? "";
  const type = (text: string): void => {
    draft.value = text;
    conversation()?.setDraft(text);
    conversation()?.composing(text);
  };
  const say = (text: string): void => {
    (conversation() ?? early).say(text);
    noteUse();
  };
  return {
    close,
    type,
    /** Sends this text and leaves the draft. */
    say,
    /** Sends the chosen period and the text. */
    send(text: string): void {
      const chosen = card.peek();
      if (chosen) conversation()?.share({ kind: "card", card: chosen });
      if (conversation()) card.value = null; // before sign-in it waits
      if (text) say(text);
      type("");
    },
    choose(chosen: Card | null): void {
      card.value = chosen;
    },
    /** Returns false when the file is empty or too large. */
    async attach(file: File): Promise<boolean> {
      noteUse();
      return (await conversation()?.attach(file, file.name)) ?? false;
    },
    retry: (id: string): void => conversation()?.retry(id),
    discard(id: string): void {
      const text = conversation()?.discard(id);
      if (text && draft.peek() === "") type(text);
    },
    older: (): void => conversation()?.older(),
    rate(rating: Rating): void {
      conversation()?.share({ kind: "rating", rating });
      host.tell("rated", rating);
    },
    rest: () => link.peek()?.rest,
    nameAsked(): void {
      nameAsked(client());
      onNameAsked();
    },
    mute: alerts.mute,
    askToNotify: alerts.ask,
    host,
    tryNow: (): void => link.peek()?.tryNow(),
    async consumption(from: number, to: number, step: "hour" | "day"): Promise<Consumption> {
      const rest = link.peek()?.rest;
      if (!rest) throw new Error("not signed in");
      return (await loadLater()).fetchConsumption(rest, client(), { from, to, step });
    },
    /** Returns a URL of the client's data; null before sign-in. */
    address: (path: string): string | null => link.peek()?.address(path) ?? null,
  };
}
