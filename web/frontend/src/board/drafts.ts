/** What the agent writes in each conversation. The desk stores replies, the browser stores notes. */

import { type Signal, signal } from "@preact/signals";
import type { Desk } from "../link/desk-link.ts";
import type { Actions } from "./actions.ts";

export type Mode = "reply" | "note";

/** Where drafts of notes are stored. */
export interface NoteDrafts {
  writeDraft(key: string, text: string): void;
  readDraft(key: string): string;
}

const noteKey = (client: string): string => `note/${client}`;

export class Drafts {
  /** What was typed on this page, by mode and client. */
  readonly typed: Signal<Readonly<Record<string, string>>> = signal({});
  readonly #modes: Signal<Readonly<Record<string, Mode>>> = signal({});
  readonly #desk: Pick<Desk, "open">;
  readonly #actions: Actions;
  readonly #notes: NoteDrafts;

  constructor(desk: Pick<Desk, "open">, actions: Actions, notes: NoteDrafts) {
    this.#desk = desk;
    this.#actions = actions;
    this.#notes = notes;
  }

  modeOf(client: string): Mode {
    return this.#modes.value[client] ?? "reply";
  }

  setMode(client: string, mode: Mode): void {
    this.#modes.value = { ...this.#modes.value, [client]: mode };
  }

  of(client: string, mode: Mode): string {
    const typed = this.typed.value[`${mode}:${client}`];
    if (typed !== undefined) return typed;
    return mode === "note" ? this.#notes.readDraft(noteKey(client)) : this.#desk.open(client).draft;
  }

  set(client: string, mode: Mode, text: string): void {
    this.typed.value = { ...this.typed.value, [`${mode}:${client}`]: text };
    if (mode === "note") {
      this.#notes.writeDraft(noteKey(client), text);
      return;
    }
    const conversation = this.#desk.open(client);
    conversation.setDraft(text);
    conversation.composing(text);
  }

  send(client: string, mode: Mode, text: string): void {
    if (mode === "note") this.#actions.command(client, { do: "note", text });
    else this.#desk.open(client).say(text);
    this.set(client, mode, "");
  }

  /** Withdraw an unsent message and put its text into the composer if that is empty. */
  discard(client: string, id: string): void {
    const text = this.#desk.open(client).discard(id);
    if (text && this.of(client, "reply") === "") this.set(client, "reply", text);
  }
}
