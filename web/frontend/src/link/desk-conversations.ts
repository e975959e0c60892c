/** The conversations that the desk holds: those that it hears, and those with commands to send. */

import type { Refusal } from "../protocol/payloads.ts";
import type { DeskWatch } from "./desk-watch.ts";
import type { LiveConversation } from "./live-conversation.ts";

interface Surroundings {
  readonly watch: DeskWatch;
  readonly create: (client: string) => LiveConversation;
  readonly isLive: () => boolean;
  /** Subscribe to what is watched now. */
  readonly follow: () => Promise<unknown>;
}

export class DeskConversations {
  readonly #held = new Map<string, LiveConversation>();

  constructor(private readonly desk: Surroundings) {}

  get all(): readonly LiveConversation[] {
    return [...this.#held.values()];
  }

  /** The clients in whose conversations something waits to be sent. */
  get pending(): readonly string[] {
    return this.all.filter((each) => each.state.outbox.items.length > 0).map((each) => each.client);
  }

  get(client: string): LiveConversation | undefined {
    return this.#held.get(client);
  }

  /** Open a conversation and hear it; the same object for the same client. */
  open(client: string): LiveConversation {
    const held = this.#held.get(client);
    const conversation = held ?? this.#create(client);
    if (this.desk.watch.open(client)) {
      this.closeSurplus();
      void this.#goOnline(conversation, [this.desk.follow(), ...(held ? [] : [conversation.recall()])]);
    }
    return conversation;
  }

  /** Return the conversation with the outbox of commands; what is said in it is heard only once it is opened. */
  ordering(client: string): LiveConversation {
    const held = this.#held.get(client);
    if (held) return held;
    const conversation = this.#create(client);
    void this.#goOnline(conversation, [conversation.recall()]);
    return conversation;
  }

  #create(client: string): LiveConversation {
    const conversation = this.desk.create(client);
    this.#held.set(client, conversation);
    return conversation;
  }

  async #goOnline(conversation: LiveConversation, steps: readonly Promise<unknown>[]): Promise<void> {
    await Promise.all(steps);
    if (this.desk.isLive()) conversation.happen({ type: "online" });
  }

  /** Close those beyond OPEN that have nothing to send; return whether there were any. */
  closeSurplus(): boolean {
    const idle = this.desk.watch.surplus().filter((client) => !this.#held.get(client)?.state.outbox.items.length);
    for (const client of idle) {
      this.#held.get(client)?.close();
      this.drop(client);
    }
    return idle.length > 0;
  }

  /** Take a refusal to the conversation whose outbox has what is refused, or to all. */
  refuse(refusal: Refusal): void {
    for (const conversation of this.all)
      if (refusal.id === null || conversation.state.outbox.items.some((item) => item.id === refusal.id))
        conversation.happen({ type: "refusal", refusal });
  }

  /** Ask again for what each holds. */
  askAgain(): void {
    for (const conversation of this.all) {
      conversation.happen({ type: "offline", closed: false });
      conversation.happen({ type: "online" });
    }
  }

  /** Hold the conversation no more. */
  drop(client: string): void {
    this.#held.delete(client);
    this.desk.watch.close(client);
  }

  /** End all, at a sign-out. */
  end(): void {
    for (const conversation of this.#held.values()) conversation.end();
    this.#held.clear();
  }
}
