/** What the board knows about clients beside their messages. */

import { computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals";

import type { OfferedAttribute } from "../link/attributes-api.ts";
import type { Api, ClientFacts, Episodes } from "../link/desk-api.ts";
import type { Desk } from "../link/desk-link.ts";
import type { Note } from "../link/rest.ts";
import { LOADING, type Load, loadOf } from "./request.tsx";
import type { Route } from "./route.ts";

/** Keep one answer for each client or list. A repeated request replaces an answer only if it succeeds. */
export class LoadsByClient<T> {
  readonly #loads = signal<Readonly<Record<string, Load<T>>>>({});

  of(client: string): Load<T> {
    return this.#loads.value[client] ?? LOADING;
  }

  valueOf(client: string): T | undefined {
    const load = this.of(client);
    return load.state === "loaded" ? load.value : undefined;
  }

  async ask(client: string, request: () => Promise<T>): Promise<void> {
    const isLoaded = (): boolean => this.#loads.peek()[client]?.state === "loaded";
    if (!isLoaded()) this.put(client, LOADING);
    const load = await loadOf(request());
    if (load.state === "loaded" || !isLoaded()) this.put(client, load);
  }

  put(client: string, load: Load<T>): void {
    this.#loads.value = { ...this.#loads.peek(), [client]: load };
  }
}

export class ClientState {
  readonly facts = new LoadsByClient<ClientFacts>();
  readonly earlier = new LoadsByClient<Episodes>();
  readonly notes = new LoadsByClient<readonly Note[]>();
  readonly attributes = new LoadsByClient<readonly OfferedAttribute[]>();

  constructor(readonly api: Pick<Api, "client" | "earlier" | "notes">) {}

  /** Ask for facts and earlier conversations; both change with time, so each opening asks. */
  look(client: string): void {
    void this.facts.ask(client, () => this.api.client(client));
    void this.earlier.ask(client, () => this.api.earlier(client));
  }

  /** Ask again for a client who did not exist; the last answer stays until there is one. */
  lookAgain(client: string): void {
    this.api.client(client).then(
      () => this.look(client),
      () => undefined,
    );
  }

  /** Ask for the open client once the conversation is drawn, and again for what changed. Returns what ends this. */
  follow(
    desk: Pick<Desk, "inbox" | "described">,
    route: ReadonlySignal<Route>,
    drawn: ReadonlySignal<string | null>,
  ): readonly (() => void)[] {
    const row = computed(() => desk.inbox.value.summaries[route.value.client ?? ""]);
    let before = row.peek();
    return [
      effect(() => {
        const client = drawn.value;
        if (client !== null) untracked(() => this.look(client));
      }),
      effect(() => {
        const now = row.value;
        // The conversation becomes one of the earlier ones.
        const isEnded =
          before && before.client === now?.client && before.status !== now.status && now.status === "resolved";
        before = now;
        if (now && isEnded) untracked(() => this.look(now.client));
      }),
      effect(() => {
        const told = desk.described.value;
        if (told && told.client === route.peek().client) untracked(() => this.look(told.client));
      }),
      effect(() => {
        // Notes have no topic: their count in the summary tells when to ask again.
        const { client } = route.value;
        const count = row.value?.notes ?? 0;
        if (client !== null) untracked(() => this.#lookAtNotes(client, count));
      }),
    ];
  }

  /** Ask for the notes unless exactly `count` of them are here. */
  #lookAtNotes(client: string, count: number): void {
    if (this.notes.valueOf(client)?.length === count) return;
    if (count === 0) this.notes.put(client, { state: "loaded", value: [] });
    else void this.notes.ask(client, () => this.api.notes(client));
  }
}
