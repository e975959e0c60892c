/** Decide what the page shows about an outage in the client's area: its text, that it is over, or nothing. */

import type { Timers } from "../link/timers.ts";
import type { Outage } from "../protocol/payloads.ts";

/** `over`: the outage that the page showed has ended. */
export type Shown = StandingOutage | "over" | null;

/** The text of a notice that stands, when it came, and when power went. */
export interface StandingOutage {
  readonly text: NonNullable<Outage["text"]>;
  readonly at: number | null | undefined;
  readonly began?: number | null | undefined;
}

/** A notice as it comes; without a text the outage is over. */
type Told = { readonly [K in keyof StandingOutage]?: StandingOutage[K] | null | undefined };

/** A broker delivers retained messages within this time; an outage without one by then is over. */
export const RETAINED_WITHIN_MS = 10_000;

export class OutageNotice {
  readonly #show: (shown: Shown) => void;
  readonly #timers: Timers;
  #isShown: boolean;
  /** Whether a notice came over the present connection. */
  #isTold = false;
  #cancel = (): void => {};

  /** Args: isShown: whether the page came with an outage. */
  constructor(isShown: boolean, show: (shown: Shown) => void, timers: Timers) {
    this.#isShown = isShown;
    this.#show = show;
    this.#timers = timers;
  }

  /** Args: outage: null if the retained notice was cleared, which follows the end of the outage. */
  receive(outage: Told | null): void {
    this.#isTold = true;
    const { text = null, at, began } = outage ?? {};
    if (text) this.#show({ text, at, ...(began ? { began } : {}) });
    else if (this.#isShown) this.#show("over");
    this.#isShown = text !== null;
  }

  live(): void {
    this.#cancel();
    this.#cancel = this.#timers.after(RETAINED_WITHIN_MS, () => {
      if (this.#isTold || !this.#isShown) return;
      this.#isShown = false;
      this.#show(null);
    });
  }

  /** Keep what is shown until the next connection. */
  gone(): void {
    this.#cancel();
    this.#isTold = false;
  }
}
