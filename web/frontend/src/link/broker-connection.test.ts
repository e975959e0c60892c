import { afterEach, describe, expect, it, vi } from "vitest";
import { Broker, CONNECT, DISCONNECT, PINGREQ, PUBACK, PUBLISH, publish, SUBSCRIBE } from "./broker.fixture.ts";
import {
  ANSWER_MS,
  type BrokerConnectionOptions,
  type Message,
  openBrokerConnection,
  PING_MS,
} from "./broker-connection.ts";
import { pageTimers, type Timers } from "./timers.ts";

/** Timers that ring when the test says so. */
class ByHand implements Timers {
  readonly set: { ms: number; run: () => void }[] = [];
  after(ms: number, run: () => void): () => void {
    const timer = { ms, run };
    this.set.push(timer);
    return () => {
      const place = this.set.indexOf(timer);
      if (place >= 0) this.set.splice(place, 1);
    };
  }
  ring(ms: number): void {
    const place = this.set.findIndex((timer) => timer.ms === ms);
    const [timer] = this.set.splice(place, 1);
    expect(timer, `a timer of ${ms} ms is set`).toBeDefined();
    timer?.run();
  }
}

let broker: Broker;
afterEach(() => broker.stop());

function options(rest: Partial<BrokerConnectionOptions> = {}): BrokerConnectionOptions {
  return {
    url: broker.url,
    username: "c-42",
    password: "secret",
    clientId: "c-42:random",
    keepAliveS: 30,
    will: { topic: "support/c-42/presence", payload: '{"online":false,"conn":"k1"}' },
    wanted: [["support/c-42/log", 1]],
    timers: pageTimers,
    watched: () => true,
    onMessage: () => {},
    onEnd: () => {},
    ...rest,
  };
}
const bytes = (text: string): number[] => [...new TextEncoder().encode(text)];
const until = (fact: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(fact()).toBe(true), { timeout: 3_000, interval: 5 });

describe("a line", () => {
  it("says CONNECT as MQTT 3.1.1 with its will, then SUBSCRIBE, and is live after the SUBACK", async () => {
    broker = await Broker.start();
    const line = await openBrokerConnection(options());
    expect(broker.kinds()).toEqual([CONNECT, SUBSCRIBE]);
    const connect = broker.heard[0] as Buffer;
    expect([...connect.subarray(2, 9)]).toEqual([0, 4, ...bytes("MQTT"), 4]);
    expect(connect[9]).toBe(0b1100_1110); // user, password, no retained will, will QoS 1, will, clean session
    expect(connect.readUInt16BE(10)).toBe(30);
    expect(connect.toString("utf8")).toContain("support/c-42/presence");
    expect((broker.heard[1] as Buffer).at(-1)).toBe(1);
    line.close();
  });
  it("is refused when the broker does not take the credentials", async () => {
    broker = await Broker.start((end, packet) => (packet[0] as number) >> 4 === CONNECT && end.say([0x20, 2, 0, 5]));
    await expect(openBrokerConnection(options())).rejects.toMatchObject({ why: "refused" });
  });
  it("does not come about when a subscription is refused", async () => {
    broker = await Broker.start();
    broker.grants = [0x80];
    await expect(openBrokerConnection(options())).rejects.toMatchObject({ why: "denied" });
  });
  it("does not come about where nobody answers in time", async () => {
    broker = await Broker.start(() => {});
    const timers = new ByHand();
    const opening = openBrokerConnection(options({ timers }));
    const failed = expect(opening).rejects.toMatchObject({ why: "unreachable" });
    await until(() => broker.heard.length > 0);
    timers.ring(10_000);
    await failed;
  });
  it("acknowledges each QoS 1 message, a redelivered one too, and delivers both", async () => {
    broker = await Broker.start();
    const heard: Message[] = [];
    await openBrokerConnection(options({ onMessage: (message) => heard.push(message) }));
    broker.say(publish("support/c-42/log", "one", { id: 7 }));
    broker.say(publish("support/c-42/log", "one", { id: 7, dup: true }));
    broker.say(publish("support/c-42/typing/a-ana", "two", { qos: 0 }));
    await until(() => heard.length === 3);
    await until(() => broker.kinds().filter((kind) => kind === PUBACK).length === 2);
    expect([...(broker.heard.at(-1) as Buffer)]).toEqual([0x40, 2, 0, 7]);
    expect(new TextDecoder().decode(heard[2]?.payload)).toBe("two");
  });
  it("reads packets wherever a frame cuts them, and several in one frame", async () => {
    broker = await Broker.start();
    const heard: string[] = [];
    await openBrokerConnection(options({ onMessage: ({ payload }) => heard.push(new TextDecoder().decode(payload)) }));
    const long = publish("support/c-42/log", "x".repeat(300));
    broker.say(long.slice(0, 1));
    broker.say(long.slice(1, 150));
    broker.say(long.slice(150));
    broker.say(publish("support/c-42/log", "short", { id: 8 }));
    await until(() => heard.length === 2);
    broker.say([...publish("support/c-42/log", "a", { id: 9 }), ...publish("support/c-42/log", "b", { id: 10 })]);
    await until(() => heard.length === 4);
    expect(heard.slice(1)).toEqual(["short", "a", "b"]);
  });
  it("tells retained messages apart", async () => {
    broker = await Broker.start();
    const heard: Message[] = [];
    await openBrokerConnection(options({ onMessage: (message) => heard.push(message) }));
    broker.say(publish("notice/desk", "{}", { retain: true }));
    await until(() => heard[0]?.retained === true);
  });
  it("pings while somebody looks, and takes 5 s without an answer for its end", async () => {
    broker = await Broker.start();
    const timers = new ByHand();
    const ends: string[] = [];
    await openBrokerConnection(options({ timers, onEnd: (why) => ends.push(why) }));
    timers.ring(PING_MS);
    await until(() => broker.kinds().includes(PINGREQ));
    await until(() => !timers.set.some((timer) => timer.ms === ANSWER_MS));
    expect(ends).toEqual([]);
    broker.answers = false;
    timers.ring(PING_MS);
    timers.ring(ANSWER_MS);
    expect(ends).toEqual(["lost"]);
  });
  it("takes less time for an answer where it is asked to, also while it waits for another", async () => {
    broker = await Broker.start();
    broker.answers = false;
    const timers = new ByHand();
    const ends: string[] = [];
    const line = await openBrokerConnection(options({ timers, onEnd: (why) => ends.push(why) }));
    timers.ring(PING_MS);
    line.probe(1_500);
    expect(timers.set.some((timer) => timer.ms === ANSWER_MS)).toBe(false);
    line.probe();
    timers.ring(1_500);
    expect(ends).toEqual(["lost"]);
  });
  it("takes any message for an answer", async () => {
    broker = await Broker.start();
    broker.answers = false;
    const timers = new ByHand();
    await openBrokerConnection(options({ timers }));
    timers.ring(PING_MS);
    broker.say(publish("support/c-42/log", "one"));
    await until(() => !timers.set.some((timer) => timer.ms === ANSWER_MS));
  });
  it("publishes at QoS 0 without a packet id, at QoS 1 with one", async () => {
    broker = await Broker.start();
    const line = await openBrokerConnection(options());
    line.publish("a/b", "x", 0);
    line.publish("a/b", "x", 1);
    await until(() => broker.kinds().filter((kind) => kind === PUBLISH).length === 2);
    const [never, once] = broker.heard.slice(-2) as [Buffer, Buffer];
    expect([...never]).toEqual([0x30, 6, 0, 3, ...bytes("a/bx")]);
    expect([...once.subarray(0, 7)]).toEqual([0x32, 8, 0, 3, ...bytes("a/b")]);
    expect(once.readUInt16BE(7)).toBeGreaterThan(0);
  });
  it("tells once that the other end closed it, and publishes nothing afterwards", async () => {
    broker = await Broker.start();
    const ends: string[] = [];
    const line = await openBrokerConnection(options({ onEnd: (why) => ends.push(why) }));
    expect(line.publish("support/c-42/msg", "{}", 1)).toBe(true);
    await until(() => broker.kinds().includes(PUBLISH));
    broker.peer?.terminate();
    await until(() => ends.length > 0);
    expect(ends).toEqual(["closed"]);
    expect(line.publish("support/c-42/msg", "{}", 1)).toBe(false);
  });
  it("answers who follows also where it ends before the SUBACK", async () => {
    broker = await Broker.start((end, packet) => {
      if (!packet.includes("support/c-43/log")) Broker.welcome(end, packet);
    });
    const line = await openBrokerConnection(options());
    const following = line.follow?.([["support/c-43/log", 1]]);
    await until(() => broker.kinds().filter((kind) => kind === SUBSCRIBE).length === 2);
    line.close();
    expect(await following).toBe(false);
  });
  it("says DISCONNECT when it is closed, so that no will is sent", async () => {
    broker = await Broker.start();
    const ends: string[] = [];
    const line = await openBrokerConnection(options({ onEnd: (why) => ends.push(why) }));
    line.publish("support/c-42/presence", "{}", 1);
    line.close();
    await until(() => broker.kinds().includes(DISCONNECT));
    expect(broker.kinds().slice(-2)).toEqual([PUBLISH, DISCONNECT]);
    expect(ends).toEqual([]);
  });
});
