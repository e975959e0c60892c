/** A desk at a broker and a server of the tests, which say what a test lets them. */

import { TEST_ENVIRONMENT } from "./environment.fixture.ts";
import "fake-indexeddb/auto";
import { expect, vi } from "vitest";
import { summaryOf } from "../protocol/summary.fixture.ts";
import { Broker, filtersOf, kindOf, PUBLISH, publish, SUBSCRIBE, saidIn } from "./broker.fixture.ts";
import { Desk } from "./desk-link.ts";
import { ONE_TEAM, type Teams } from "./desk-teams.ts";
import { openStore } from "./store.ts";

export const until = (fact: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(fact()).toBe(true), { timeout: 4_000, interval: 5 });
export const summary = (client: string, rev: number, rest = {}) =>
  summaryOf(client, { rev, name: "Maria Pop", online: true, ...rest });

export let broker: Broker;
export let desk: Desk;
/** What the server has, as a test changes it. */
export const server = {
  rows: [summary("c-42", 3)],
  standing: [] as object[],
  mentioning: [] as object[],
  /** Paths that were asked for. */
  asks: [] as string[],
  /** Whether each conversation is another team's. */
  foreign: false,
  /** Resolves when the outages may be told. */
  asked: async (): Promise<void> => {},
};
export const words = { en: "A cable is broken.", ro: "Un cablu este rupt." };
export const several: Teams = {
  rev: 2,
  teams: [
    { id: "t-desk", name: "General", members: ["a-radu"] },
    { id: "t-north", name: "North", members: ["a-ana", "a-ion"] },
  ],
  mine: ["t-north"],
  reads_all: false,
};
export async function open(teams: Teams = ONE_TEAM): Promise<Desk> {
  broker = await Broker.start();
  server.asks = [];
  vi.stubGlobal("fetch", async (url: string) => {
    const { pathname, searchParams } = new URL(url, "http://x");
    server.asks.push(pathname);
    if (pathname === "/api/session")
      return Response.json({
        id: "a-ana",
        username: "a-ana",
        password: "p",
        ws_url: broker.url,
        expires: Date.now() + 3_600_000,
        api_token: "b",
        api_expires: Date.now() + 3_600_000,
      });
    if (pathname === "/api/inbox")
      return Response.json({
        summaries: searchParams.has("mentions") ? server.mentioning : searchParams.get("status") ? [] : server.rows,
        cursor: null,
        counts: {},
        names: { "a-radu": "Radu" },
        me: "a-ana",
      });
    if (pathname === "/api/agents") return Response.json({ agents: [{ id: "a-ion", name: "Ion Dinu" }] });
    if (pathname === "/api/teams") return Response.json(several);
    if (server.foreign && pathname.endsWith("/log"))
      return Response.json({ code: "other_team", detail: "The conversation is another team's." }, { status: 403 });
    if (pathname === "/api/outages") return Response.json({ outages: (await server.asked(), server.standing) });
    return Response.json({ entries: [], last: 0, first: 1, epoch: "e1", markers: {}, names: {} });
  });
  desk = new Desk({ apiBase: "", me: "a-ana", name: "Ana", csrf: "t", teams, environment: TEST_ENVIRONMENT });
  await desk.start();
  await until(() => desk.connection.value.state === "live" && desk.inbox.value.known);
  return desk;
}
export const subscribed = (kind = SUBSCRIBE) => broker.heard.filter((packet) => kindOf(packet) === kind).map(filtersOf);
export const said = (topic: string) =>
  broker.heard
    .filter((packet) => kindOf(packet) === PUBLISH)
    .map(saidIn)
    .filter((each) => each.topic === topic);
export const say = (topic: string, payload: unknown, options = {}) =>
  broker.say(publish(topic, JSON.stringify(payload), { qos: 0, ...options }));
export async function close(): Promise<void> {
  await desk.stop();
  broker.stop();
  vi.unstubAllGlobals();
  const store = await openStore("a-ana");
  for (const { id } of await store.list()) await store.change({ do: "drop", id });
  store.close();
}
