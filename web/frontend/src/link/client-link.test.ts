import "fake-indexeddb/auto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Broker, filtersOf, kindOf, publish, SUBSCRIBE } from "./broker.fixture.ts";
import { ClientLink, TOLD_WITHIN_MS } from "./client-link.ts";
import { TEST_ENVIRONMENT } from "./environment.fixture.ts";
import type { Environment } from "./link.ts";
import type { Credentials } from "./rest.ts";
import { pageTimers } from "./timers.ts";

let broker: Broker;
let link: ClientLink;
afterEach(() => {
  link.stop();
  broker.stop();
  vi.unstubAllGlobals();
});
const until = (fact: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(fact()).toBe(true), { timeout: 5_000, interval: 5 });
const words = { en: "Storm in the north.", ro: "Furtună în nord." };

/** A client of the area, whose broker tells a new line what stands; what is due after the telling's time rings by hand. */
async function begin(standing: () => string | null) {
  broker = await Broker.start((end, packet) => {
    Broker.welcome(end, packet);
    const told = standing();
    if (kindOf(packet) === SUBSCRIBE && filtersOf(packet).includes("notice/outage/north") && told)
      end.say(publish("notice/outage/north", told, { retain: true }));
  });
  vi.stubGlobal("fetch", async () => Response.json({ entries: [], last: 0, first: 1, epoch: "e" }));
  let ring = (): void => {};
  const environment: Environment = {
    ...TEST_ENVIRONMENT,
    timers: {
      after(ms, run) {
        if (ms !== TOLD_WITHIN_MS) return pageTimers.after(ms, run);
        ring = run;
        return () => {
          ring = () => {};
        };
      },
    },
  };
  const held: Credentials = {
    id: "c-42",
    username: "c-42",
    password: "p",
    wsUrl: broker.url,
    expires: null,
    apiToken: "t",
    apiExpires: null,
    name: null,
    area: "north",
    guest: null,
    downloadKey: null,
    unreadKey: null,
    tz: "Europe/Bucharest",
  };
  const session = { held, credentials: async () => held, bearer: async () => "t" };
  link = new ClientLink({ base: "", session, me: "c-42", environment });
  await link.recall();
  link.start();
  return { ring: () => ring() };
}

describe("an outage", () => {
  it("stays while the connection is lost, and is not said anew when the next one tells the same", async () => {
    await begin(() => JSON.stringify({ id: "n-1", text: words }));
    await until(() => link.outage.value !== null && link.connection.value.state === "live");
    const shown: (string | undefined)[] = [];
    link.outage.subscribe((told) => shown.push(told?.text.en));
    broker.peer?.terminate();
    await until(() => broker.peers.length === 2 && link.connection.value.state === "live");
    await until(() => shown.length === 2);
    expect(shown).toEqual([words.en, words.en]);
  });
  it("that the next line does not tell any more has ended", async () => {
    let told: string | null = JSON.stringify({ id: "n-1", text: words, at: 5 });
    const { ring } = await begin(() => told);
    await until(() => link.outage.value !== null && link.connection.value.state === "live");
    ring();
    expect(link.outage.value).toEqual({ id: "n-1", area: "north", text: words, at: 5 });
    told = null;
    broker.peer?.terminate();
    await until(() => broker.peers.length === 2 && link.connection.value.state === "live");
    expect(link.outage.value).toEqual({ id: "n-1", area: "north", text: words, at: 5 });
    ring();
    expect(link.outage.value).toBeNull();
  });
});
