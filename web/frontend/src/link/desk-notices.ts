/** Outage notices: those in effect, and an administrator's orders with their state. */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

import * as outbox from "../core/outbox.ts";
import { newMessageId } from "../protocol/ids.ts";
import { asDeskOutage, decode, encode, type Outage, type Refusal } from "../protocol/payloads.ts";
import * as topics from "../protocol/topics.ts";
import type { Environment } from "./link.ts";

export type NoticeState =
  | { readonly state: "resting" }
  | { readonly state: "sending" }
  | { readonly state: "done" }
  | { readonly state: "refused"; readonly why: string; readonly text: string };

/** Of a notice, where they are known: when power went, when it is expected back, when the notice ends by itself. */
export interface NoticeTimes {
  readonly began?: number;
  readonly until?: number;
  readonly ends?: number;
}

const ENTROPY_BYTES = 10;

type OutboxStep = (of: outbox.Outbox, now: outbox.Moment) => outbox.Stepped;

export class DeskNotices {
  /** By area, without those that ended. */
  readonly outages: Signal<Readonly<Record<string, Outage>>> = signal({});
  readonly #orders = new Map<string, Signal<NoticeState>>();
  /** Not stored: a later visit must not repeat an order that nobody watches. */
  #outbox = outbox.EMPTY_OUTBOX;
  #cancelWake = (): void => {};
  /** Areas told on this connection; a snapshot is older. */
  readonly #heard = new Set<string>();

  constructor(
    readonly me: string,
    readonly environment: Environment,
    readonly publish: (topic: string, payload: string, qos: 0 | 1) => boolean,
  ) {}

  /** Order a notice, or its end (null); return the order's id. */
  order(areas: readonly string[], text: Outage["text"], times: NoticeTimes = {}): string {
    const { now, entropy } = this.environment;
    const id = newMessageId(now(), entropy(ENTROPY_BYTES));
    this.#orders.set(id, signal<NoticeState>({ state: "sending" }));
    const command = { id, do: "notice" as const, areas, text, ...times };
    const item = { id, client: "", atMs: now(), command, failed: null };
    this.#step((of, now) => outbox.write(of, item, now));
    return id;
  }

  state(id: string): ReadonlySignal<NoticeState> {
    return this.#orders.get(id) ?? signal<NoticeState>({ state: "resting" });
  }

  /** A connection is live: learn the notices again. */
  connected(): void {
    this.#heard.clear();
    this.#step(outbox.goOnline);
  }

  /** The connection ended. Args: closed: the broker closed it. */
  gone(closed: boolean): void {
    this.#step((of, now) => outbox.goOffline(of, closed, now));
  }

  /** The bridge restarted: it may have missed an order. */
  rolled(): void {
    this.#step(outbox.goRolled);
  }

  /** Take the notices by REST: not every broker sends retained messages to a wildcard. */
  take(standing: readonly (Outage & { readonly area: string })[]): void {
    const told = standing
      .filter(({ area }) => !this.#heard.has(area))
      .map(({ area, ...outage }) => [area, outage] as const);
    const heard = Object.entries(this.outages.peek()).filter(([area]) => this.#heard.has(area));
    this.outages.value = Object.fromEntries([...told, ...heard]);
  }

  hear(area: string, payload: Parameters<typeof decode>[1]): void {
    this.#heard.add(area);
    const outage = decode(asDeskOutage, payload);
    if (!outage) return; // empty: the retained notice was cleared after its end
    const { [area]: _, ...others } = this.outages.peek();
    this.outages.value = outage.text === null ? others : { ...others, [area]: outage };
    const order = this.#orders.get(outage.id);
    if (order) order.value = { state: "done" };
    this.#step((of, now) => outbox.tick(of, outage.id, now));
  }

  refused(refusal: Refusal): void {
    this.#step((of, now) => outbox.refuse(of, refusal, now));
  }

  #step(step: OutboxStep): void {
    const { timers, steady, chance } = this.environment;
    const { outbox: next, publish, changes } = step(this.#outbox, { nowMs: steady(), jitter: chance() });
    this.#outbox = next;
    if (publish?.command) this.publish(topics.deskDo(this.me), encode(publish.command), 1);
    for (const change of changes) {
      const order = change.do === "fail" && this.#orders.get(change.id);
      if (order) order.value = { state: "refused", ...change.failure };
    }
    this.#cancelWake();
    const atMs = outbox.outboxWakesMs(next);
    if (atMs !== null) this.#cancelWake = timers.after(Math.max(0, atMs - steady()), () => this.#step(outbox.onTick));
  }
}
