/** The agent's commands: sent through a conversation's outbox, done when a row names them. */

import { type Signal, signal } from "@preact/signals";
import { newMessageId } from "../protocol/ids.ts";
import type { CommandBody, DelayableBody, Summary } from "../protocol/payloads.ts";
import type { DeskConversations } from "./desk-conversations.ts";
import type { Environment } from "./link.ts";
import type { LiveConversation } from "./live-conversation.ts";

export type CommandState = "sending" | "done" | { readonly refusal: { readonly why: string; readonly text: string } };

const ENTROPY_BYTES = 10;
/** How long a screen offers Undo. */
export const UNDO_MS = 8_000;
/** An Undo of the last moment still arrives before the effect. */
const UNDO_SPARE_MS = 2_000;

export class DeskCommands {
  readonly #states = new Map<string, Signal<CommandState>>();
  readonly #me: string;
  readonly #environment: Environment;
  readonly #conversations: DeskConversations;

  constructor(me: string, environment: Environment, conversations: DeskConversations) {
    this.#me = me;
    this.#environment = environment;
    this.#conversations = conversations;
  }

  state(id: string): Signal<CommandState> {
    const held = this.#states.get(id) ?? signal<CommandState>("sending");
    this.#states.set(id, held);
    return held;
  }

  /** Send a command; return its id, for `state`. */
  send(client: string, body: CommandBody): string {
    const id = newMessageId(this.#environment.now(), this.#environment.entropy(ENTROPY_BYTES));
    this.#conversations.ordering(client).happen({ type: "order", command: { ...body, id, client } });
    // Created now: the answer may already be here.
    this.state(id);
    return id;
  }

  /** Send a command that `undo` can withdraw for UNDO_MS; return its id. */
  later(client: string, body: DelayableBody): string {
    return this.send(client, { ...body, delay_ms: UNDO_MS + UNDO_SPARE_MS });
  }

  /**
   * Withdraw a command of `later`, sent or not; return the id of the cancel. It is refused as `too_late` when the
   * command has had its effect, or waits no more.
   */
  undo(client: string, id: string): string {
    const conversation = this.#conversations.ordering(client);
    if (conversation.state.outbox.items.some((item) => item.id === id)) conversation.discard(id);
    return this.send(client, { do: "cancel", cancels: id });
  }

  /** Tick the commands that a row's `did` names. */
  tick(summary: Pick<Summary, "client" | "did">): void {
    const ids = summary.did
      .filter((did) => did.startsWith(`${this.#me}/`))
      .map((did) => did.slice(this.#me.length + 1));
    if (ids.length === 0) return;
    for (const id of ids) this.state(id).value = "done";
    this.#conversations.get(summary.client)?.happen({ type: "done", ids });
  }

  /** Take the refused commands out of a conversation's outbox. */
  dropRefused(conversation: LiveConversation): void {
    for (const { id, command, failed } of conversation.state.outbox.items) {
      if (!command || !failed) continue;
      this.state(id).value = { refusal: failed };
      queueMicrotask(() => conversation.discard(id));
    }
  }
}
