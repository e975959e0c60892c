/** The last days' use of the clients whose rows are on screen, asked for in one request. */

import { type Signal, signal } from "@preact/signals";

import type { Api, DaysOfUse } from "../link/desk-api.ts";

/** As the server takes them. */
const MAX_CLIENTS = 60;
/** Today's use grows; asked for again after this time. */
const FRESH_MS = 5 * 60_000;
/** Rows that scroll by are not asked for. */
const AFTER_MS = 250;
const MAX_KEPT = 500;

export class Usage {
  /** By client, the least recently asked first; null where nothing is known of one. */
  readonly days: Signal<ReadonlyMap<string, DaysOfUse | null>> = signal(new Map());
  readonly #askedMs = new Map<string, number>();
  #shown: readonly string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Pick<Api, "usage">,
    private readonly now: () => number,
  ) {}

  /** Note which rows are on screen. Args: clients: visitors have no meter and are left out. */
  show(clients: readonly string[]): void {
    this.#shown = clients;
    this.refresh();
  }

  /** Ask for the rows on screen whose use is old or did not come. */
  refresh(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#ask(this.#shown);
    }, AFTER_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #ask(clients: readonly string[]): Promise<void> {
    const due = this.now() - FRESH_MS;
    const isDue = (client: string): boolean => (this.#askedMs.get(client) ?? 0) < due;
    const wanted = clients.filter((client) => client.startsWith("c-") && isDue(client)).slice(0, MAX_CLIENTS);
    if (wanted.length === 0) return;
    for (const client of wanted) this.#askedMs.set(client, this.now());
    const days = await this.api.usage(wanted).catch(() => null);
    if (!days) {
      for (const client of wanted) this.#askedMs.delete(client);
      return;
    }
    const kept = [...this.days.peek()].filter(([client]) => !wanted.includes(client));
    const come = wanted.map((client) => [client, days[client] ?? null] as const);
    this.days.value = new Map([...kept, ...come].slice(-MAX_KEPT));
    for (const client of [...this.#askedMs.keys()]) if (!this.days.peek().has(client)) this.#askedMs.delete(client);
  }
}
