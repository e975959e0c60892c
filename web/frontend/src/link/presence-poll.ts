/** Answer rolls: after a restart the bridge asks who is online. Presence is published within 10 s, at a random time. */

import type { Environment } from "./link.ts";

const ANSWER_WITHIN_MS = 10_000;

export class PresencePoll {
  #roll: string | null = null;
  #cancel = (): void => {};

  constructor(
    private readonly environment: Environment,
    private readonly answer: () => void,
  ) {}

  /**
   * Return whether the roll is new, and answer a live one. The first of a connection too: the presence at connect may
   * have come before the bridge. A retained roll comes with the connect, which publishes presence itself.
   */
  hear(roll: string, retained: boolean): boolean {
    if (roll === this.#roll) return false;
    this.#roll = roll;
    if (!retained) {
      this.#cancel();
      this.#cancel = this.environment.timers.after(this.environment.chance() * ANSWER_WITHIN_MS, this.answer);
    }
    return true;
  }

  /** The connection ended; the next one publishes presence itself. */
  reset(): void {
    this.#cancel();
  }
}
