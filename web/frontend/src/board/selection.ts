/** The conversations that are checked in the list. */

import { type Signal, signal } from "@preact/signals";

/** At most this many are checked: a command for each of them is sent at once. */
export const MAX_CHECKED = 50;

export class Selection {
  /** Null: the list shows no check boxes. */
  readonly clients: Signal<ReadonlySet<string> | null> = signal(null);

  get size(): number {
    return this.clients.value?.size ?? 0;
  }

  /** Show the check boxes, none checked. */
  begin(): void {
    this.clients.value ??= new Set();
  }

  toggle(client: string): void {
    const next = new Set(this.clients.peek());
    if (!next.delete(client) && next.size < MAX_CHECKED) next.add(client);
    this.clients.value = next;
  }

  checkAll(clients: readonly string[]): void {
    this.clients.value = new Set(clients.slice(0, MAX_CHECKED));
  }

  end(): void {
    this.clients.value = null;
  }
}
