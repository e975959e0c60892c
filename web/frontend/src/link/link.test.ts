import { afterEach, describe, expect, it, vi } from "vitest";
import { Broker, CONNECT, DISCONNECT, kindOf, PUBLISH, publish, SUBSCRIBE, saidIn } from "./broker.fixture.ts";
import { TEST_ENVIRONMENT } from "./environment.fixture.ts";
import { RestError } from "./http.ts";
import { backOffMs, type Environment, FIRST_PAUSE_MS, Link, type LinkOptions, LONGEST_PAUSE_MS } from "./link.ts";
import { PresencePoll } from "./presence-poll.ts";
import type { Credentials } from "./rest.ts";

let broker: Broker;
let link: Link | null = null;
afterEach(() => {
  link?.stop();
  broker?.stop();
});
const until = (fact: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(fact()).toBe(true), { timeout: 5_000, interval: 5 });

class Stage {
  readonly happened: string[] = [];
  readonly messages: string[] = [];
  readonly asked: boolean[] = [];
  return = (): void => {};
  environment: Environment = {
    ...TEST_ENVIRONMENT,
    onReturn: (run) => {
      this.return = run;
      return () => {};
    },
  };
  expires: number | null = null;
  fault: Error | null = null;
  held: Credentials | null = null;
  options(): LinkOptions {
    return {
      environment: this.environment,
      keepAliveS: 30,
      wanted: (me) => [
        [`support/${me}/log`, 1],
        ["notice/desk", 1],
      ],
      hello: (me, conn) => ({
        live: () => ({ topic: `support/${me}/presence`, payload: JSON.stringify({ online: true, conn }) }),
        gone: { topic: `support/${me}/presence`, payload: JSON.stringify({ online: false, conn }) },
      }),
      onLive: () => this.happened.push("live"),
      onGone: (closed) => this.happened.push(closed ? "closed" : "gone"),
      onMessage: ({ topic }) => this.messages.push(topic),
      session: this.session(),
    };
  }
  session(): LinkOptions["session"] {
    const stage = this;
    return {
      get held() {
        return stage.held;
      },
      async credentials(fresh = false) {
        stage.asked.push(fresh);
        if (stage.fault) throw stage.fault;
        stage.held = {
          id: "c-42",
          username: "c-42",
          password: "p",
          wsUrl: broker.url,
          expires: stage.expires,
          apiToken: "t",
          apiExpires: null,
          name: null,
          area: null,
          guest: null,
          downloadKey: null,
          unreadKey: null,
          tz: "Europe/Bucharest",
        };
        return stage.held;
      },
      bearer: async () => "t",
    };
  }
}
const clientIds = (): string[] =>
  broker.heard
    .filter((packet) => kindOf(packet) === CONNECT)
    .map((packet) => /c-42:[\w-]{22}/.exec(packet.toString())?.[0] ?? "");
const presences = (heard: readonly Buffer[]) =>
  heard.filter((packet) => kindOf(packet) === PUBLISH).map((packet) => saidIn(packet).payload);

describe("a link", () => {
  it("connects under a fresh client id each time, says presence, and comes back after a close", async () => {
    broker = await Broker.start();
    const stage = new Stage();
    link = new Link(stage.options());
    expect(link.connection.value.state).toBe("idle");
    link.start();
    await until(() => link?.connection.value.state === "live");
    // The link is live once its presence has left; what a broker had not read when its end was torn off, it never heard.
    await until(() => broker.kinds().includes(PUBLISH));
    broker.peer?.terminate();
    await until(() => stage.happened.join() === "live,closed,live");
    await until(() => broker.heard.filter((packet) => kindOf(packet) === PUBLISH).length === 2);
    const ids = clientIds();
    expect(ids.every((id) => id.length > 20)).toBe(true);
    expect(new Set(ids).size).toBe(2);
    const conns = presences(broker.heard).map(({ online, conn }) => (expect(online).toBe(true), conn));
    expect(new Set(conns).size).toBe(2);
    expect(conns.some((conn) => ids.some((id) => id.includes(conn)))).toBe(false);
  });
  it("says goodbye when it is stopped", async () => {
    broker = await Broker.start();
    const stage = new Stage();
    link = new Link(stage.options());
    link.start();
    await until(() => stage.happened.length === 1);
    link.stop();
    await until(() => broker.kinds().includes(DISCONNECT));
    expect(presences(broker.heard).at(-1)).toMatchObject({ online: false });
    expect(stage.happened).toEqual(["live", "gone"]);
  });
  it("is patient for 3 s with a broker that does not know the credentials yet", async () => {
    let refusals = 2;
    broker = await Broker.start((end, packet) => {
      if (kindOf(packet) === CONNECT && refusals-- > 0) end.say([0x20, 2, 0, 5]);
      else Broker.welcome(end, packet);
    });
    const stage = new Stage();
    link = new Link(stage.options());
    link.start();
    await until(() => stage.happened.length === 1);
    expect(stage.asked).toEqual([false, false, false]);
  });
  it("asks for fresh credentials when the broker goes on refusing", async () => {
    broker = await Broker.start((end, packet) => kindOf(packet) === CONNECT && end.say([0x20, 2, 0, 4]));
    const stage = new Stage();
    let ahead = 0;
    stage.environment = { ...stage.environment, steady: () => Date.now() + ahead };
    link = new Link(stage.options());
    link.start();
    await until(() => stage.asked.length >= 1);
    ahead = 4_000;
    await until(() => stage.asked.includes(true));
  });
  it("changes to a fresh token before the old one ends, and nobody notices", async () => {
    broker = await Broker.start();
    const stage = new Stage();
    stage.expires = Date.now() + 400;
    link = new Link(stage.options());
    link.start();
    await until(() => stage.happened.length === 1);
    stage.expires = Date.now() + 3_600_000;
    await until(
      () => broker.peers.length === 2 && (broker.peers[0]?.heard ?? []).some((packet) => kindOf(packet) === DISCONNECT),
    );
    const [before, after] = broker.peers;
    expect(after?.heard.map(kindOf).slice(0, 3)).toEqual([CONNECT, SUBSCRIBE, PUBLISH]);
    // Of one line alone is the order certain: on two, "gone" might be heard first, and the person seen to go.
    await until(() => presences(after?.heard ?? []).length === 2);
    const [first] = presences(before?.heard ?? []);
    expect(presences(before?.heard ?? [])).toEqual([{ online: true, conn: first?.conn }]);
    const [here, gone] = presences(after?.heard ?? []);
    expect([here?.online, gone]).toEqual([true, { online: false, conn: first?.conn }]);
    expect(here?.conn).not.toBe(first?.conn);
    expect(stage.happened).toEqual(["live"]);
    expect(stage.asked).toEqual([false, true]);
    expect(link.publish("support/c-42/msg", "{}", 1)).toBe(true);
    await until(() => (after?.heard ?? []).filter((packet) => kindOf(packet) === PUBLISH).length === 3);
  });
  it("leaves the old connection only when the new one is subscribed to everything", async () => {
    broker = await Broker.start();
    const stage = new Stage();
    stage.expires = Date.now() + 400;
    const wanted = Array.from({ length: 450 }, (_, place) => [`support/c-${place}/log`, 1] as const);
    link = new Link({ ...stage.options(), wanted: () => wanted });
    link.start();
    await until(() => stage.happened.length === 1);
    stage.expires = Date.now() + 3_600_000;
    const isLeft = () => (broker.peers[0]?.heard ?? []).some((packet) => kindOf(packet) === DISCONNECT);
    await until(() => broker.peers.length === 2 && isLeft());
    const kinds = broker.heard.map(kindOf).filter((kind) => kind === SUBSCRIBE || kind === DISCONNECT);
    expect(kinds).toEqual([...Array(6).fill(SUBSCRIBE), DISCONNECT]);
  });
  it("follows on the new connection where the old one is left before its answer", async () => {
    let isMute = false;
    broker = await Broker.start((end, packet) => {
      if (!(isMute && kindOf(packet) === SUBSCRIBE && broker.peers.length === 1)) Broker.welcome(end, packet);
    });
    const stage = new Stage();
    stage.expires = Date.now() + 400;
    let wanted = [["notice/desk", 1]] as const as LinkOptions["wanted"] extends (me: string) => infer W ? W : never;
    link = new Link({ ...stage.options(), wanted: () => wanted });
    link.start();
    await until(() => stage.happened.length === 1);
    stage.expires = Date.now() + 3_600_000;
    isMute = true;
    wanted = [...wanted, ["support/c-43/log", 1]];
    expect(await link.follow()).toBe(true);
    expect(broker.peers).toHaveLength(2);
  });
  it("stops where a person has to sign in again, and tries once more when they come back", async () => {
    broker = await Broker.start();
    const stage = new Stage();
    stage.fault = new RestError(401, "not_signed_in", "Sign in again.");
    link = new Link(stage.options());
    link.start();
    await until(() => link?.connection.value.state === "refused");
    expect(link.connection.value.reason).toBe("signed_out");
    stage.fault = null;
    stage.return();
    await until(() => link?.connection.value.state === "live");
  });
  it("tries at once when the network is back", async () => {
    broker = await Broker.start();
    const stage = new Stage();
    stage.environment = { ...stage.environment, timers: { after: () => () => {} } }; // its own pauses never end
    stage.fault = new RestError(0, "unreachable", "");
    link = new Link(stage.options());
    link.start();
    await until(() => link?.connection.value.reason === "unreachable");
    stage.fault = null;
    stage.return();
    expect(stage.asked.length).toBe(2);
    await until(() => link?.connection.value.state === "live");
  });
  it("hands on what it hears", async () => {
    broker = await Broker.start();
    const stage = new Stage();
    link = new Link(stage.options());
    link.start();
    await until(() => stage.happened.length === 1);
    broker.say(publish("support/c-42/log", "{}"));
    await until(() => stage.messages.length === 1);
  });
});

describe("pauses", () => {
  it("grow to half a minute, half of each by chance", () => {
    expect(backOffMs(0, 0)).toBe(FIRST_PAUSE_MS / 2);
    expect(backOffMs(1, 1)).toBe(FIRST_PAUSE_MS * 2);
    expect(backOffMs(50, 1)).toBe(LONGEST_PAUSE_MS);
  });
});

describe("a roll call", () => {
  it("a new one that is heard live is answered within 10 s; a retained one came with the connect, which says presence itself", () => {
    const set: number[] = [];
    let answers = 0;
    const environment = {
      chance: () => 0.5,
      timers: { after: (ms: number, run: () => void) => (set.push(ms), run(), () => {}) },
    } as unknown as Environment;
    const call = new PresencePoll(environment, () => answers++);
    expect([call.hear("r1", true), call.hear("r1", false), call.hear("r2", false)]).toEqual([true, false, true]);
    expect({ set, answers }).toEqual({ set: [5_000], answers: 1 });
    call.reset();
    // The bridge came back after this connection had said its presence to nobody.
    expect(call.hear("r3", false)).toBe(true);
    expect(answers).toBe(2);
    call.reset();
    expect(call.hear("r3", true)).toBe(false);
    expect(answers).toBe(2);
  });
});
