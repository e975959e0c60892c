/** What an agent does with one or several conversations, and how it is undone. */

import { effect, type Signal, signal, untracked } from "@preact/signals";

import { type Summary, settled } from "../core/inbox.ts";
import type { Desk } from "../link/desk-link.ts";
import type { CommandBody, DelayableBody } from "../protocol/payloads.ts";
import { type Lang, whyNot } from "../ui/messages.ts";

export type Did = "resolve" | "snooze" | "assign" | "tag";

/** Commands that were sent together; one Undo withdraws all of them. */
export interface Done {
  readonly did: Did;
  readonly clients: readonly string[];
  readonly undo: () => void;
}

/** Which of the conversations of one action were refused, and why. */
export interface Refused {
  readonly clients: readonly string[];
  /** Of so many. */
  readonly of: number;
  readonly texts: readonly string[];
}

type Refusal = { readonly why: string; readonly text: string };

export class Actions {
  /** The last commands, as long as a toast shows them. */
  readonly last: Signal<Done | null> = signal(null);
  readonly refused: Signal<Refused | null> = signal(null);

  #gathered: Done[] | null = null;

  readonly #commands: Desk["commands"];
  readonly #inbox: Desk["inbox"];
  readonly #lang: Lang;

  constructor({ commands, inbox }: Pick<Desk, "commands" | "inbox">, lang: Lang) {
    this.#commands = commands;
    this.#inbox = inbox;
    this.#lang = lang;
  }

  /** Return a conversation's summary as its delayed commands will leave it. */
  summaryOf(client: string): Summary | null {
    const summary = this.#inbox.value.summaries[client];
    return summary ? settled(summary) : null;
  }

  command(client: string, body: CommandBody): void {
    this.#begin(1)(client, this.#commands.send(client, body));
  }

  resolve(clients: readonly string[]): void {
    this.#later("resolve", clients, { do: "resolve" });
  }

  snooze(clients: readonly string[], until: number): void {
    this.#later("snooze", clients, { do: "snooze", until });
  }

  assign(clients: readonly string[], to: string | null): void {
    this.#now("assign", clients, { do: "assign", to }, (client) => ({
      do: "assign",
      to: this.summaryOf(client)?.assignee ?? null,
    }));
  }

  /** Add a tag to the conversations that lack it. */
  tag(clients: readonly string[], tag: string): void {
    const lacking = clients.filter((client) => !this.summaryOf(client)?.tags.includes(tag));
    const back = (): CommandBody => ({ do: "tag", add: [], remove: [tag] });
    if (lacking.length > 0) this.#now("tag", lacking, { do: "tag", add: [tag], remove: [] }, back);
  }

  /** Let one Undo withdraw all that is done within. */
  together(run: () => void): void {
    const all: Done[] = [];
    this.#gathered = all;
    run();
    this.#gathered = null;
    const shown = all[all.length - 1];
    if (shown) this.last.value = { ...shown, undo: () => all.forEach((done) => done.undo()) };
  }

  undo(): void {
    const done = this.last.peek();
    this.last.value = null;
    done?.undo();
  }

  #show(done: Done): void {
    if (this.#gathered) this.#gathered.push(done);
    else this.last.value = done;
  }

  /** Send commands of which the client sees nothing. Args: backOf: what undoes one. */
  #now(did: Did, clients: readonly string[], body: CommandBody, backOf: (client: string) => CommandBody): void {
    const backs = clients.map((client) => [client, backOf(client)] as const);
    const watch = this.#begin(clients.length);
    for (const client of clients) watch(client, this.#commands.send(client, body));
    const undo = (): void => {
      const watchBack = this.#begin(backs.length);
      for (const [client, back] of backs) watchBack(client, this.#commands.send(client, back));
    };
    this.#show({ did, clients, undo });
  }

  /** Send commands that take effect when the time to undo has ended. Undo reopens what had its effect. */
  #later(did: Did, clients: readonly string[], body: DelayableBody): void {
    const watch = this.#begin(clients.length);
    const sent = clients.map((client) => {
      const id = this.#commands.later(client, body);
      watch(client, id);
      return { client, id };
    });
    const undo = (): void => {
      const watchBack = this.#begin(sent.length);
      for (const { client, id } of sent)
        watchBack(client, this.#commands.undo(client, id), ({ why }) => {
          if (why !== "too_late") return false;
          watchBack(client, this.#commands.send(client, { do: "reopen" }));
          return true;
        });
    };
    this.#show({ did, clients, undo });
  }

  /** Begin an action on so many conversations; return what shows the refusals of its commands together. */
  #begin(of: number) {
    this.refused.value = null;
    let clients: readonly string[] = [];
    let texts: readonly string[] = [];
    /** Args: handles: returns true for a refusal that it has dealt with. */
    return (client: string, id: string, handles: (refusal: Refusal) => boolean = () => false): void =>
      this.#watch(id, (refusal) => {
        if (handles(refusal)) return;
        clients = [...clients, client];
        texts = [...new Set([...texts, whyNot(this.#lang, refusal.why, refusal.text)])];
        this.refused.value = { clients, of, texts };
      });
  }

  #watch(id: string, onRefusal: (refusal: Refusal) => void): void {
    const state = this.#commands.state(id);
    const stop = effect(() => {
      const now = state.value;
      if (now === "sending") return;
      queueMicrotask(() => stop());
      if (now !== "done") untracked(() => onRefusal(now.refusal));
    });
  }
}
