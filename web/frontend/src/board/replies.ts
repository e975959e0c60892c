/** Send one reply to many clients, a part of them at a time. */

import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";

import type { Desk } from "../link/desk-link.ts";
import type { LiveConversation } from "../link/live-conversation.ts";

/** So many conversations at most are open for it: a broker bounds what a board subscribes to. */
export const AT_ONCE = 40;

export interface Reply {
  readonly client: string;
  readonly text: string;
}

/** Return whether a message waits for its entry; one that was refused does not. */
function isUnsent({ view, state }: LiveConversation): boolean {
  return view.value.pending > 0 && state.outbox.items.some(({ said, failed }) => said && !failed);
}

/** Return whether a message of it was refused. */
const isRefused = ({ view, state }: LiveConversation): boolean =>
  view.value.pending > 0 && state.outbox.items.some(({ said, failed }) => said && failed);

export class Replies {
  /** The clients of the last reply. */
  readonly clients: Signal<readonly string[]> = signal([]);
  /** How many of their messages are stored. */
  readonly sent: ReadonlySignal<number>;
  /** The clients whose message was refused; their conversations offer to try again. */
  readonly refused: ReadonlySignal<readonly string[]>;
  readonly #waiting: Signal<readonly Reply[]> = signal([]);
  readonly #begun: Signal<readonly LiveConversation[]> = signal([]);

  constructor(private readonly desk: Pick<Desk, "open">) {
    this.sent = computed(() => this.#begun.value.filter(({ view }) => view.value.pending === 0).length);
    this.refused = computed(() => this.#begun.value.filter(isRefused).map(({ client }) => client));
  }

  /** Whether replies wait for earlier ones to be stored. */
  get isRunning(): boolean {
    return this.#waiting.value.length > 0;
  }

  /** Send the replies, and go on when the page is left. Args: then: called when the last of them is on its way. */
  send(replies: readonly Reply[], then: () => void): void {
    this.clients.value = replies.map(({ client }) => client);
    this.#begun.value = [];
    this.#waiting.value = replies;
    let isOver = false;
    const stop = effect(() => {
      if (isOver) return;
      const room = Math.max(0, AT_ONCE - this.#begun.value.filter(isUnsent).length);
      if (this.#waiting.value.length > 0) return untracked(() => this.#begin(room));
      isOver = true;
      // What comes then may change what this effect depends on.
      queueMicrotask(() => {
        stop();
        then();
      });
    });
  }

  #begin(count: number): void {
    const waiting = this.#waiting.peek();
    const begun = waiting.slice(0, count).map(({ client, text }) => {
      const conversation = this.desk.open(client);
      conversation.say(text);
      return conversation;
    });
    if (begun.length === 0) return;
    this.#begun.value = [...this.#begun.peek(), ...begun];
    this.#waiting.value = waiting.slice(count);
  }
}
