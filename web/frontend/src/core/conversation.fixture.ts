/** What the tests of a conversation share: entries, pages, and a conversation that is driven as a link does. */

import type { Entry, Marker } from "../protocol/payloads.ts";
import { type Conversation, type Effect, type Event, newConversation, reduce } from "./conversation.ts";
import { type LogPage, NEWEST } from "./log.ts";
import { viewOf } from "./view.ts";

export const text = (seq: number, from = "a-ana", id = `m${seq}`): Entry => ({
  seq,
  id,
  from,
  at: seq * 1_000,
  kind: "text",
  text: `words ${seq}`,
});
export const page = (entries: readonly Entry[], rest: Partial<LogPage> = {}): LogPage => ({
  entries,
  first: 1,
  last: entries.at(-1)?.seq ?? 0,
  epoch: "e1",
  markers: {},
  names: {},
  ...rest,
});

/** Drives a conversation like a link would, with a clock of its own. */
export class DrivenConversation {
  state: Conversation;
  effects: Effect[] = [];
  nowMs = 0;
  constructor(me = "c-42", client = "c-42") {
    this.state = newConversation(client, me);
  }
  on(event: Omit<Event, "nowMs"> & { type: Event["type"] }): readonly Effect[] {
    const reduced = reduce(this.state, { ...event, nowMs: this.nowMs } as Event);
    this.state = reduced.state;
    this.effects.push(...reduced.effects);
    return reduced.effects;
  }
  at(nowMs: number): this {
    this.nowMs = nowMs;
    return this;
  }
  say(id: string): readonly Effect[] {
    return this.on({ type: "say", said: { id, kind: "text", text: id, sent: this.nowMs } } as never);
  }
  live(entries: readonly Entry[] = [], rest: Partial<LogPage> = {}): this {
    this.on({ type: "online" });
    this.on({ type: "page", asked: { before: NEWEST }, page: page(entries, rest) } as never);
    return this;
  }
  view() {
    return viewOf(this.state, { nowMs: this.nowMs, dayOf: (at) => String(Math.floor(at / 86_400_000)) });
  }
}
export const published = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) => (effect.do === "publish" ? [effect.pending.id] : []));
export const marks = (effects: readonly Effect[]): Marker[] =>
  effects.flatMap((effect) => (effect.do === "mark" ? [effect.marker] : []));
export const asks = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.do === "fetch" ? [effect.ask] : []));
