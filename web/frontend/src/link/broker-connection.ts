/**
 * One MQTT 3.1.1 connection over a WebSocket. The only module that knows u8-mqtt (its client without a router;
 * protocol/ parses topics). A connection is live once a SUBACK granted every subscription. PINGREQ finds a dead one:
 * every 7 s while the page is watched, 5 s to answer. link.ts reconnects.
 */

import { mqtt_v4 } from "u8-mqtt/esm/web/basic-v4.js";
import type { Wanted } from "../protocol/topics.ts";
import { framed } from "./framing.ts";
import type { Timers } from "./timers.ts";

export interface Will {
  readonly topic: string;
  readonly payload: string;
}
export interface BrokerConnectionOptions {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** New for each connection. */
  readonly clientId: string;
  readonly keepAliveS: number;
  readonly will: Will | null;
  readonly wanted: readonly Wanted[];
  readonly timers: Timers;
  /** Whether the page is visible; a hidden page's timers are too slow to judge a connection. */
  readonly watched: () => boolean;
  readonly onMessage: (message: Message) => void;
  /** Called once, when a live connection ends other than by `close`. */
  readonly onEnd: (why: "closed" | "lost") => void;
}
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

/** Why a connection failed. `refused`: the broker does not (yet) know the credentials. */
export class BrokerConnectionError extends Error {
  constructor(
    readonly why: "unreachable" | "refused" | "denied",
    text: string,
  ) {
    super(text);
  }
}

export interface BrokerConnection {
  /** Returns whether the message was sent; false after the end. */
  publish(topic: string, payload: string, qos: 0 | 1): boolean;
  /** Sends PINGREQ; without an answer in time the connection ends. */
  probe(withinMs?: number): void;
  /**
   * Changes the subscriptions to these; the new ones are granted when it returns true. False: the connection has ended.
   * Desk only.
   */
  follow?(wanted: readonly Wanted[]): Promise<boolean>;
  /** Sends DISCONNECT and ends, so that the broker sends no will. */
  close(): void;
}

const CONNECT_MS = 10_000;
export const PING_MS = 7_000;
/** For a hidden page, only to keep the connection open. */
const HIDDEN_PING_MS = 25_000;
export const ANSWER_MS = 5_000;
const REFUSED_CODES = [4, 5];

interface Publish {
  readonly topic: string;
  readonly payload: Uint8Array | null;
  readonly retain: boolean;
  readonly qos: number;
  readonly pkt_id?: number;
}
/** The part of a u8-mqtt client in use. */
interface Mqtt {
  with_websock(socket: unknown): Mqtt;
  connect(packet: object): Promise<unknown>;
  subscribe(packet: object): Promise<[{ answers?: readonly number[] } | undefined, unknown?]>;
  unsubscribe(packet: object): Promise<unknown>;
  pub(packet: object): Promise<unknown>;
  _send(type: "publish", packet: object): Promise<unknown>;
  puback(packet: object): Promise<unknown>;
  ping(): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

const quiet = (): void => {};

/** Connect and subscribe. Args: onConnected: called in between. Raises: BrokerConnectionError. */
async function greet(mqtt: Mqtt, options: BrokerConnectionOptions, onConnected: () => void): Promise<void> {
  const { username, password, clientId, keepAliveS, will } = options;
  const packet = { client_id: clientId, username, password, keep_alive: keepAliveS, flags: { clean_start: true } };
  await mqtt.connect(will ? { ...packet, will: { ...will, qos: 1, retain: false } } : packet);
  if (__DESK__) onConnected();
  await subscribe(mqtt, __DESK__ ? options.wanted.slice(0, FILTERS) : options.wanted);
}

/** The embedded broker takes 256 filters in one SUBSCRIBE. */
const FILTERS = 200;

/** Raises: BrokerConnectionError. */
async function subscribe(mqtt: Mqtt, wanted: readonly Wanted[]): Promise<void> {
  const topics = wanted.map(([topic, qos]) => ({ topic, opts: { qos } }));
  const [suback] = await mqtt.subscribe({ topics });
  const answers = suback?.answers ?? [];
  if (answers.length !== topics.length || answers.some((code) => Number(code) >= 0x80))
    throw new BrokerConnectionError("denied", "a subscription was refused");
}

export function openBrokerConnection(options: BrokerConnectionOptions): Promise<BrokerConnection> {
  return new Promise((resolve, reject) => {
    const { timers } = options;
    let state: "opening" | "live" | "over" = "opening";
    let cancelPing = (): void => {};
    let cancelAnswer: (() => void) | null = null;
    let answerMs = 0;
    let settleFollow = quiet;
    let subscribes = false;
    const socket = new WebSocket(options.url, ["mqtt"]);
    socket.binaryType = "arraybuffer";
    const unreachable = (text: string): void => fail(new BrokerConnectionError("unreachable", text));
    const cancelConnect = timers.after(CONNECT_MS, () => unreachable("no answer in time"));

    const finish = (): boolean => {
      if (state === "over") return false;
      state = "over";
      cancelConnect();
      cancelPing();
      cancelAnswer?.();
      if (__DESK__) settleFollow();
      return true;
    };
    const fail = (error: BrokerConnectionError): void => {
      if (!finish()) return;
      socket.close();
      reject(error);
    };
    const end = (why: "closed" | "lost"): void => {
      // RabbitMQ refuses a filter by closing the connection.
      if (__DESK__ && state === "opening" && subscribes && why === "closed")
        return fail(new BrokerConnectionError("denied", "closed at a subscription"));
      if (state === "opening") return unreachable(`the connection was ${why}`);
      if (!finish()) return;
      socket.close();
      options.onEnd(why);
    };

    const heard = (): void => {
      cancelAnswer?.();
      cancelAnswer = null;
    };
    const probe = (withinMs = ANSWER_MS): void => {
      if (state !== "live") return;
      mqtt.ping().catch(quiet);
      // In a hidden page the timer may run before the answer is read.
      if (!options.watched() || (cancelAnswer && withinMs >= answerMs)) return;
      cancelAnswer?.();
      answerMs = withinMs;
      cancelAnswer = timers.after(withinMs, () => end("lost"));
    };
    const hiddenPingMs = Math.min(HIDDEN_PING_MS, options.keepAliveS * 850);
    const keepPinging = (): void => {
      cancelPing = timers.after(options.watched() ? PING_MS : hiddenPingMs, () => {
        probe();
        keepPinging();
      });
    };

    const receive = (packet: Publish): void => {
      // The next clean session gets no redelivery, so the message is acknowledged at once.
      if (packet.qos === 1) mqtt.puback(packet).catch(quiet);
      if (state === "over") return;
      options.onMessage({ topic: packet.topic, payload: packet.payload ?? new Uint8Array(), retained: packet.retain });
    };
    const mqtt: Mqtt = mqtt_v4({
      keep_alive: 0, // pings are sent here: its timer has no deadline
      sess_stg: null,
      on_mqtt_type: { mqtt_publish: receive },
      log_conn: quiet,
      on_error: quiet,
      on_live: quiet,
      on_disconnect: quiet,
    });
    mqtt.with_websock(framed(socket, { onData: heard, onEnd: () => end("closed") }));

    const connection: BrokerConnection = {
      publish(topic, payload, qos) {
        if (state !== "live" || socket.readyState !== WebSocket.OPEN) return false;
        // `pub` of 0.6.7 throws for QoS 0 without a packet id.
        (qos === 0 ? mqtt._send("publish", { topic, payload, qos }) : mqtt.pub({ topic, payload, qos })).catch(quiet);
        return true;
      },
      probe,
      close() {
        const closed = (): void => socket.close();
        if (finish()) mqtt.disconnect().then(closed, closed);
      },
    };
    if (__DESK__) {
      let held = new Map(options.wanted.slice(0, FILTERS));
      const over = new Promise<void>((resolve) => {
        settleFollow = resolve; // no SUBACK comes any more
      });
      connection.follow = async (wanted) => {
        const next = new Map(wanted);
        const added = [...next].filter(([topic]) => !held.has(topic));
        const gone = [...held.keys()].filter((topic) => !next.has(topic));
        held = next;
        for (let at = 0; at < gone.length && state === "live"; at += FILTERS)
          mqtt.unsubscribe({ topics: gone.slice(at, at + FILTERS) }).catch(quiet);
        for (let at = 0; at < added.length && state === "live"; at += FILTERS)
          await Promise.race([subscribe(mqtt, added.slice(at, at + FILTERS)).catch(() => end("lost")), over]);
        return state === "live";
      };
    }
    const onConnected = (): void => {
      subscribes = true;
    };
    greet(mqtt, options, onConnected).then(
      () => {
        if (state !== "opening") return;
        state = "live";
        cancelConnect();
        keepPinging();
        resolve(connection);
      },
      (error: unknown) => {
        const code = Number((error as { reason?: unknown }).reason);
        if (error instanceof BrokerConnectionError) fail(error);
        else if (REFUSED_CODES.includes(code))
          fail(new BrokerConnectionError("refused", "the broker refused the credentials"));
        else unreachable(String(error));
      },
    );
  });
}
