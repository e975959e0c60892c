/** The REST calls of the page Outbound: webhooks, and what waits to be sent. One function a request. */

import type { Rest } from "./rest.ts";

export const WEBHOOK_EVENTS = [
  "conversation.opened",
  "message.created",
  "conversation.assigned",
  "conversation.resolved",
  "conversation.rated",
  "alarm.raised",
  "incident.changed",
  "client.created",
] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** Why something was not sent: a code, and the values that its words name. */
export interface Reason {
  readonly code: string;
  readonly values: Readonly<Record<string, string | number>>;
}

export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  /** Why nothing is sent to it; null while it is on. */
  readonly off: string | null;
  /** The same with a code; a web of an older version sends none. */
  readonly off_reason?: Reason | null;
  readonly created: number;
}
export interface WebhookSecret {
  readonly webhook: Webhook;
  readonly secret: string;
}
export interface Queue {
  readonly destination: string;
  readonly waiting: number;
  readonly failed: number;
  /** Since when the first of those that wait has waited. */
  readonly oldest: number | null;
}
export const DELIVERY_STATES = ["failed", "waiting", "sent", "dropped"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
export interface Delivery {
  readonly num: number;
  /** As its receiver knows it. */
  readonly id: string;
  readonly destination: string;
  readonly event: string;
  readonly client: string | null;
  readonly state: DeliveryState;
  readonly at: number;
  readonly due: number;
  readonly tries: number;
  /** Why it failed or was cancelled, in English. */
  readonly error: string | null;
  /** The same with a code; null for what an older version noted, whose web sends none. */
  readonly reason?: Reason | null;
  readonly done: number | null;
}
interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  readonly next: number | null;
}

export type OutboundApi = ReturnType<typeof createOutboundApi>;

/** Create the API of an administrator. Raises: RestError, whose message is the server's sentence. */
export function createOutboundApi(rest: Pick<Rest, "get" | "send">) {
  const post = (path: string, body: unknown = {}): Promise<any> => rest.send("POST", path, body);
  const of = (id: string): string => `/api/webhooks/${encodeURIComponent(id)}`;
  const deliveries = (state: DeliveryState, before: number | null): Promise<DeliveryPage> =>
    rest.get(`/api/outbound/deliveries?state=${state}${before === null ? "" : `&before=${before}`}`);
  return {
    webhooks: async (): Promise<readonly Webhook[]> => (await rest.get("/api/webhooks")).webhooks,
    queues: async (): Promise<readonly Queue[]> => (await rest.get("/api/outbound")).queues,
    deliveries,
    /** Return a delivery that was made lately, by the id that its receiver knows; null where it is not found. */
    delivery: async (id: string): Promise<Delivery | null> => {
      const pages = await Promise.all(DELIVERY_STATES.map((state) => deliveries(state, null)));
      return pages.flatMap((page) => page.deliveries).find((each) => each.id === id) ?? null;
    },
    add: (webhook: { url: string; events: readonly WebhookEvent[] }): Promise<WebhookSecret> =>
      post("/api/webhooks", webhook),
    change: (id: string, to: { url: string; events: readonly WebhookEvent[]; on: boolean }): Promise<Webhook> =>
      rest.send("PUT", of(id), to),
    rotate: (id: string): Promise<WebhookSecret> => post(`${of(id)}/rotate`),
    test: (id: string): Promise<{ delivery: string }> => post(`${of(id)}/test`),
    replay: (id: string, from: number, to: number): Promise<{ deliveries: number }> =>
      post(`${of(id)}/replay`, { from, to }),
    remove: (id: string): Promise<unknown> => post(`${of(id)}/remove`),
    sendAgain: (num: number): Promise<unknown> => post(`/api/outbound/deliveries/${num}/again`),
    drop: (num: number): Promise<unknown> => post(`/api/outbound/deliveries/${num}/drop`),
  };
}
