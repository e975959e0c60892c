/** What is known of the open client beside the words: who it is, and the conversations before this one. */

import { type Signal, signal } from "@preact/signals";

import type { Api, ClientFacts, Episode, Episodes } from "../link/desk-api.ts";

export type EarlierState =
  | { readonly state: "loading" }
  | { readonly state: "loaded"; readonly episodes: readonly Episode[]; readonly names: Episodes["names"] }
  | { readonly state: "failed" };

export class ClientState {
  readonly facts: Signal<Readonly<Record<string, ClientFacts>>> = signal({});
  readonly earlier: Signal<Readonly<Record<string, EarlierState>>> = signal({});

  constructor(readonly api: Pick<Api, "client" | "earlier">) {}

  /** Asks anew whenever a client is opened: both change with time. */
  async look(client: string): Promise<void> {
    const held = this.earlier.peek()[client];
    if (!held || held.state === "failed") this.#put(client, { state: "loading" });
    await Promise.all([
      this.api.client(client).then(
        (facts) => {
          this.facts.value = { ...this.facts.peek(), [client]: facts };
        },
        () => null, // what is known stays; the pane does without
      ),
      this.api.earlier(client).then(
        ({ episodes, names }) => this.#put(client, { state: "loaded", episodes, names }),
        () => this.#put(client, held?.state === "loaded" ? held : { state: "failed" }),
      ),
    ]);
  }

  #put(client: string, state: EarlierState): void {
    this.earlier.value = { ...this.earlier.peek(), [client]: state };
  }
}
