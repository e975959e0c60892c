/** The other agents: their presence, and which conversations they have open. */

import { type Signal, signal } from "@preact/signals";
import { endRoll, hearPresence, type Present, ROLL_ENDS_MS, roll, somebody } from "../core/presence.ts";
import type { AgentPresence } from "../protocol/payloads.ts";
import type { Environment } from "./link.ts";

export interface Colleague {
  readonly state: AgentPresence["state"];
  /** The conversations on this agent's screens. */
  readonly viewing: readonly string[];
}

const NEWCOMER_WITHIN_MS = 2_000;

export class Colleagues {
  readonly agents: Signal<Readonly<Record<string, Colleague>>> = signal({});
  #present: Present = {};
  #listed: readonly string[] = [];
  #cancelNewcomer: (() => void) | null = null;

  /** Args: greet: publishes this agent's presence again. */
  constructor(
    private readonly me: string,
    private readonly environment: Environment,
    private readonly greet: () => void,
  ) {}

  /** Take the desk's list of online agents. */
  list(ids: readonly string[]): void {
    this.#listed = ids;
    this.#show();
  }

  hear(agent: string, presence: AgentPresence): void {
    const known = this.#present[agent]?.has(presence.conn) === true;
    this.#present = hearPresence(this.#present, agent, presence);
    this.#show();
    if (known || presence.state === "offline" || this.#cancelNewcomer) return;
    // A newly connected agent has missed this agent's presence.
    this.#cancelNewcomer = this.environment.timers.after(this.environment.chance() * NEWCOMER_WITHIN_MS, () => {
      this.#cancelNewcomer = null;
      this.greet();
    });
  }

  /** The bridge restarted: whoever does not answer the roll is dropped. */
  roll(): void {
    this.#present = roll(this.#present);
    this.environment.timers.after(ROLL_ENDS_MS, () => {
      this.#present = endRoll(this.#present);
      this.#show();
    });
  }

  /** The connection ended: nothing heard is certain. */
  reset(): void {
    this.#present = {};
  }

  #show(): void {
    const ids = new Set([...this.#listed, ...Object.keys(this.#present)]);
    ids.delete(this.me);
    this.agents.value = Object.fromEntries(
      [...ids].map((id) => {
        const seen = somebody(this.#present, id);
        // The desk listed this agent, whose presence has not come yet.
        return [id, this.#present[id] ? seen : { state: "online" as const, viewing: [] }];
      }),
    );
  }
}
