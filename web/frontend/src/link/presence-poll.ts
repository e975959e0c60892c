/** Hears rolls: the bridge is back, and asks who is there. Presence is said again within 10 s, after a random delay. */

import type { Environment } from "./link.ts";

export const ANSWER_WITHIN_MS = 10_000;

export class PresencePoll {
  #roll: string | null = null;
  #cancel = (): void => {};

  constructor(
    private readonly environment: Environment,
    private readonly answer: () => void,
  ) {}

  /**
   * Whether the roll is new. A live one is answered, the first of a connection too: what was said at connect may have
   * been said before the bridge was there. A retained one comes with the connect, which says presence by itself.
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

  /** The connection is gone; the next one says presence by itself. */
  reset(): void {
    this.#cancel();
  }
}
