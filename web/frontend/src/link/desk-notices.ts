/** Outages as the desk tells them: what runs now, and an administrator's order with its tick, the notice itself. */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

import { newMessageId } from "../protocol/ids.ts";
import { asOutage, decode, encode, type Outage, type Refusal } from "../protocol/payloads.ts";
import * as topics from "../protocol/topics.ts";
import type { World } from "./link.ts";

export type NoticeState =
  | { readonly state: "resting" }
  | { readonly state: "sending" }
  | { readonly state: "done" }
  | { readonly state: "refused"; readonly why: string; readonly text: string };

const AGAIN_MS = 5_000;
const ENTROPY_BYTES = 10;

interface Told {
  readonly state: Signal<NoticeState>;
  readonly payload: string;
}

export class DeskNotices {
  /** By area; one that has ended is gone. */
  readonly outages: Signal<Readonly<Record<string, Outage>>> = signal({});
  readonly #told = new Map<string, Told>();
  /** Of these areas the line itself said something since it came: no snapshot knows better. */
  readonly #heard = new Set<string>();

  constructor(
    readonly me: string,
    readonly world: World,
    readonly publish: (topic: string, payload: string, qos: 0 | 1) => boolean,
  ) {}

  /** Orders an outage to be told, or its end (null); the order's id. */
  order(area: string, text: Outage["text"]): string {
    const id = newMessageId(this.world.now(), this.world.entropy(ENTROPY_BYTES));
    const payload = encode({ id, do: "notice", area, text });
    this.#told.set(id, { state: signal<NoticeState>({ state: "sending" }), payload });
    this.#send(id, AGAIN_MS);
    return id;
  }

  state(id: string): ReadonlySignal<NoticeState> {
    return this.#told.get(id)?.state ?? signal<NoticeState>({ state: "resting" });
  }

  /** The same id again is done once: so it is said until it is answered, less and less often. */
  #send(id: string, againMs: number): void {
    const told = this.#told.get(id);
    if (told?.state.peek().state !== "sending") return;
    this.publish(topics.deskDo(this.me), told.payload, 1);
    this.world.timers.after(againMs, () => this.#send(id, againMs * 2));
  }

  /** A line came: what stands is to be learned anew. */
  connected(): void {
    this.#heard.clear();
  }

  /** What stands, asked after the line came: not every broker sends what is retained to a wildcard, and an end may have been missed. */
  take(standing: readonly (Outage & { readonly area: string })[]): void {
    const told = standing
      .filter(({ area }) => !this.#heard.has(area))
      .map(({ area, id, text }) => [area, { id, text }] as const);
    const heard = Object.entries(this.outages.peek()).filter(([area]) => this.#heard.has(area));
    this.outages.value = Object.fromEntries([...told, ...heard]);
  }

  hear(area: string, payload: Parameters<typeof decode>[1]): void {
    this.#heard.add(area);
    const outage = decode(asOutage, payload);
    if (!outage) return; // empty: the broker's retained one is cleared after its end was told
    const { [area]: _, ...others } = this.outages.peek();
    this.outages.value = outage.text === null ? others : { ...others, [area]: outage };
    const told = this.#told.get(outage.id);
    if (told) told.state.value = { state: "done" };
  }

  refused({ id, why, text, retryMs }: Refusal): void {
    const told = id === null ? undefined : this.#told.get(id);
    if (told && retryMs === null) told.state.value = { state: "refused", why, text };
  }
}
