/** What the page says of an outage where the client is: one that stands, that it is over, or nothing. */

import type { Timers } from "../link/timers.ts";
import type { Outage } from "../protocol/payloads.ts";

/** `over`: one that stood here has ended. */
export type Shown = Outage["text"] | "over";

/** So long after the line came a broker has told what is retained: what stood before it and is not told then is gone. */
export const TOLD_WITHIN_MS = 10_000;

export class OutageNews {
  readonly #show: (shown: Shown) => void;
  readonly #timers: Timers;
  #stands: boolean;
  /** Whether the present line has said what becomes of it. */
  #told = false;
  #cancel = (): void => {};

  /** Args: stands: whether the page came with one. */
  constructor(stands: boolean, show: (shown: Shown) => void, timers: Timers) {
    this.#stands = stands;
    this.#show = show;
    this.#timers = timers;
  }

  /** Args: outage: null where the retained notice was cleared, which happens after the end was told. */
  hear(outage: Outage | null): void {
    this.#told = true;
    const text = outage?.text ?? null;
    if (text) this.#show(text);
    else if (this.#stands) this.#show("over");
    this.#stands = text !== null;
  }

  live(): void {
    this.#cancel();
    this.#cancel = this.#timers.after(TOLD_WITHIN_MS, () => {
      if (this.#told || !this.#stands) return;
      this.#stands = false;
      this.#show(null);
    });
  }

  /** What stands is shown on, until the next line says otherwise. */
  gone(): void {
    this.#cancel();
    this.#told = false;
  }
}
