/** A hand-driven broker for tests: it records packets and sends what the test says. */

import type { AddressInfo } from "node:net";
import { type WebSocket as Peer, WebSocketServer } from "ws";
import { lengthOf } from "./framing.ts";

export const CONNECT = 1;
export const PUBLISH = 3;
export const PUBACK = 4;
export const SUBSCRIBE = 8;
export const UNSUBSCRIBE = 10;
export const PINGREQ = 12;
export const DISCONNECT = 14;

export class Broker {
  static async start(greet: (broker: Broker, packet: Buffer) => void = Broker.welcome): Promise<Broker> {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "mqtt" });
    await new Promise((ready) => server.once("listening", ready));
    return new Broker(server, greet);
  }
  static welcome(broker: Broker, packet: Buffer): void {
    const kind = (packet[0] as number) >> 4;
    if (kind === CONNECT) broker.say([0x20, 2, 0, 0]);
    if (kind === SUBSCRIBE && broker.refuses && filtersOf(packet).includes(broker.refuses)) broker.peer?.close();
    else if (kind === SUBSCRIBE) {
      const grants = broker.grants ?? filtersOf(packet).map(() => 1);
      const [high, low] = idOf(packet);
      broker.say([0x90, ...sizeOf(2 + grants.length), high, low, ...grants]);
    }
    if (kind === UNSUBSCRIBE) broker.say([0xb0, 2, ...idOf(packet)]);
    if (kind === PINGREQ && broker.answers) broker.say([0xd0, 0]);
  }
  readonly url: string;
  readonly heard: Buffer[] = [];
  /** What a SUBACK grants; QoS 1 for each filter by default. */
  grants: number[] | null = null;
  /** A filter at which it closes the connection. */
  refuses: string | null = null;
  /** The packets of each connection, in the order of connecting. */
  readonly peers: { peer: Peer; heard: Buffer[] }[] = [];
  answers = true;
  peer: Peer | null = null;
  constructor(
    readonly server: WebSocketServer,
    greet: (broker: Broker, packet: Buffer) => void,
  ) {
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("connection", (peer) => {
      this.peer = peer;
      const heard: Buffer[] = [];
      this.peers.push({ peer, heard });
      peer.on("message", (data: Buffer) => {
        for (let rest = data; rest.length > 0; rest = rest.subarray(lengthOf(rest) as number)) {
          const packet = rest.subarray(0, lengthOf(rest) as number);
          this.heard.push(packet);
          heard.push(packet);
          greet(this, packet);
        }
      });
    });
  }
  say(bytes: readonly number[]): void {
    this.peer?.send(Uint8Array.from(bytes));
  }
  kinds(): number[] {
    return this.heard.map((packet) => (packet[0] as number) >> 4);
  }
  stop(): void {
    for (const client of this.server.clients) client.terminate();
    this.server.close();
  }
}

const bodyOf = (packet: Buffer): Buffer => {
  let place = 1;
  while ((packet[place] as number) >= 0x80) place++;
  return packet.subarray(place + 1);
};
const idOf = (packet: Buffer): [number, number] => [bodyOf(packet)[0] as number, bodyOf(packet)[1] as number];

/** Return the filters of a SUBSCRIBE or UNSUBSCRIBE. */
export function filtersOf(packet: Buffer): string[] {
  const filters: string[] = [];
  const after = kindOf(packet) === SUBSCRIBE ? 3 : 2;
  for (let rest = bodyOf(packet).subarray(2); rest.length > 0; rest = rest.subarray(after + rest.readUInt16BE(0)))
    filters.push(rest.subarray(2, 2 + rest.readUInt16BE(0)).toString());
  return filters;
}

export const kindOf = (packet: Buffer): number => (packet[0] as number) >> 4;

/** Return the topic and the payload of a PUBLISH. */
export function saidIn(packet: Buffer): { topic: string; payload: any } {
  const body = bodyOf(packet);
  const size = body.readUInt16BE(0);
  const qos = ((packet[0] as number) >> 1) & 3;
  return {
    topic: body.subarray(2, 2 + size).toString(),
    payload: JSON.parse(body.subarray(2 + size + (qos ? 2 : 0)).toString()),
  };
}

const bytes = (text: string): number[] => [...new TextEncoder().encode(text)];

const sizeOf = (length: number): number[] => (length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7]);

/** Return the bytes of a PUBLISH. */
export function publish(
  topic: string,
  payload: string,
  { qos = 1, id = 7, dup = false, retain = false } = {},
): number[] {
  const body = [0, topic.length, ...bytes(topic), ...(qos ? [0, id] : []), ...bytes(payload)];
  return [0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0), ...sizeOf(body.length), ...body];
}
