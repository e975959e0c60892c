/** The colleagues as a board sees them: who is there, and which conversations are on their screens. */

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

  /** Args: greet: says anew what is on this screen. */
  constructor(
    private readonly me: string,
    private readonly environment: Environment,
    private readonly greet: () => void,
  ) {}

  /** The desk says who is there. */
  list(ids: readonly string[]): void {
    this.#listed = ids;
    this.#show();
  }

  hear(agent: string, presence: AgentPresence): void {
    const known = this.#present[agent]?.has(presence.conn) === true;
    this.#present = hearPresence(this.#present, agent, presence);
    this.#show();
    if (known || presence.state === "offline" || this.#cancelNewcomer) return;
    // A newcomer has not heard what is on this screen: it is told once.
    this.#cancelNewcomer = this.environment.timers.after(this.environment.chance() * NEWCOMER_WITHIN_MS, () => {
      this.#cancelNewcomer = null;
      this.greet();
    });
  }

  /** The bridge is back and asks who is there: who does not answer is not. */
  roll(): void {
    this.#present = roll(this.#present);
    this.environment.timers.after(ROLL_ENDS_MS, () => {
      this.#present = endRoll(this.#present);
      this.#show();
    });
  }

  /** The line is gone: what was heard is not known to hold. */
  reset(): void {
    this.#present = {};
  }

  #show(): void {
    const ids = new Set([...this.#listed, ...Object.keys(this.#present)]);
    ids.delete(this.me);
    this.agents.value = Object.fromEntries(
      [...ids].map((id) => {
        const seen = somebody(this.#present, id);
        // Whose presence was not heard yet is there because the desk says so.
        return [id, this.#present[id] ? seen : { state: "online" as const, viewing: [] }];
      }),
    );
  }
}
