/** Answers a roll: presence is said again within 10 s, after a random delay, when the bridge asks who is there. */

import type { World } from "./link.ts";

export const ANSWER_WITHIN_MS = 10_000;

export class RollCall {
  #roll: string | null = null;
  #cancel = (): void => {};

  constructor(
    private readonly world: World,
    private readonly answer: () => void,
  ) {}

  /** Whether this roll asks again: not the first one that this connection hears, whose presence was just said. */
  hear(roll: string): boolean {
    const again = this.#roll !== null && this.#roll !== roll;
    this.#roll = roll;
    if (!again) return false;
    this.#cancel();
    this.#cancel = this.world.timers.after(this.world.chance() * ANSWER_WITHIN_MS, this.answer);
    return true;
  }

  /** The connection is gone; the next one says presence by itself. */
  reset(): void {
    this.#roll = null;
    this.#cancel();
  }
}
