/** The chat's actions. Before sign-in they change what is stored until then. */

import type { ReadonlySignal, Signal } from "@preact/signals";
import type { ClientLink } from "../link/client-link.ts";
import type { LiveConversation } from "../link/live-conversation.ts";
import { type Consumption, fetchConsumption } from "../link/rest.ts";
import type { Card, Rating } from "../protocol/kinds.ts";
import type { Alerts } from "./alerts.ts";
import type { EarlyMessages } from "./before-sign-in.ts";
import { noteUse } from "./last-visitor.ts";
import { tellDaysIn } from "./lazy.tsx";
import { nameAsked } from "./naming.tsx";

export interface Actions {
  readonly close: () => void;
  readonly type: (text: string) => void;
  /** Sends the chosen period and the text. */
  readonly send: (text: string) => void;
  /** Sends this text and leaves the draft. */
  readonly say: (text: string) => void;
  readonly choose: (card: Card | null) => void;
  /** Returns false when the file is empty or too large. */
  readonly attach: (file: File) => Promise<boolean>;
  readonly retry: (id: string) => void;
  readonly discard: (id: string) => void;
  readonly older: () => void;
  readonly rate: (rating: Rating) => void;
  readonly saveName: (name: string) => Promise<unknown>;
  readonly nameAsked: () => void;
  readonly mute: (muted: boolean) => void;
  readonly askToNotify: () => void;
  readonly tryNow: () => void;
  readonly consumption: (from: number, to: number, step: "hour" | "day") => Promise<Consumption>;
  /** Returns a URL of the client's data; null before sign-in. */
  readonly address: (path: string) => string | null;
}

interface Parts {
  readonly link: ReadonlySignal<ClientLink | null>;
  readonly early: EarlyMessages;
  readonly draft: Signal<string>;
  readonly card: Signal<Card | null>;
  readonly alerts: Alerts;
  readonly close: () => void;
  readonly nameAsked: () => void;
}

export function actionsOf({ link, early, draft, card, alerts, close, nameAsked: onNameAsked }: Parts): Actions {
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
    say,
    send(text) {
      const chosen = card.peek();
      if (chosen) conversation()?.share({ kind: "card", card: chosen });
      if (conversation()) card.value = null; // before sign-in it waits
      if (text) say(text);
      type("");
    },
    choose(chosen) {
      card.value = chosen;
    },
    async attach(file) {
      noteUse();
      return (await conversation()?.attach(file, file.name)) ?? false;
    },
    retry: (id) => conversation()?.retry(id),
    discard(id) {
      const text = conversation()?.discard(id);
      if (text && draft.peek() === "") type(text);
    },
    older: () => conversation()?.older(),
    rate: (rating) => conversation()?.share({ kind: "rating", rating }),
    saveName: async (name) => link.peek()?.rest.send("PUT", `/api/clients/${client()}/name`, { name }),
    nameAsked() {
      nameAsked(client());
      onNameAsked();
    },
    mute: alerts.mute,
    askToNotify: () => void alerts.ask(),
    tryNow: () => link.peek()?.tryNow(),
    async consumption(from, to, step) {
      const visit = link.peek();
      if (!visit) throw new Error("nobody is known yet whose consumption it would be");
      const found = await fetchConsumption(visit.rest, client(), { from, to, step });
      tellDaysIn(found.tz);
      return found;
    },
    address: (path) => link.peek()?.address(path) ?? null,
  };
}
