import "fake-indexeddb/auto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Broker, kindOf, PUBLISH, publish, saidIn } from "../link/broker.fixture.ts";
import { TEST_ENVIRONMENT } from "../link/environment.fixture.ts";
import { openStore } from "../link/store.ts";
import { guestKeep, signInVisitor } from "./sign-in.ts";

const jwt = `x.${btoa(JSON.stringify({ sub: "c-42" }))}.y`;
afterEach(() => vi.unstubAllGlobals());

/** A host page's storage, and a server that knows one guest and one user. */
async function visited(answers: boolean): Promise<{ broker: Broker; asked: Record<string, string>[] }> {
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
  const broker = await Broker.start((end, packet) => {
    Broker.welcome(end, packet);
    if (!answers || kindOf(packet) !== PUBLISH) return;
    const { topic, payload } = saidIn(packet);
    if (!topic.endsWith("/msg")) return;
    const client = topic.split("/")[1] as string;
    const entry = { seq: 1, id: payload.id, from: client, at: 1, kind: "text", text: payload.text };
    end.say(publish(`support/${client}/log`, JSON.stringify(entry), { qos: 0 }));
  });
  const asked: Record<string, string>[] = [];
  vi.stubGlobal("fetch", async (url: string, init: { body?: string }) => {
    if (!url.endsWith("/api/session"))
      return Response.json({ entries: [], last: 0, first: 1, epoch: "e", markers: {}, names: {} });
    const body = JSON.parse(init.body ?? "{}");
    asked.push(body);
    const id = body.identity ? "c-42" : "g-1";
    return Response.json({
      id,
      username: id,
      password: "p",
      ws_url: broker.url,
      expires: Date.now() + 3_600_000,
      api_token: "b",
      api_expires: Date.now() + 3_600_000,
      guest: body.identity ? null : "token-1",
    });
  });
  guestKeep.save({ id: "g-1", token: "token-1" });
  return { broker, asked };
}

describe("a guest who signs in", () => {
  it("has said everything as the guest before the widget speaks as the user, and the desk learns who it was", async () => {
    const { broker, asked } = await visited(true);
    const store = await openStore("g-1");
    await store.change({
      do: "add",
      item: {
        id: "m1",
        client: "g-1",
        atMs: 0,
        said: { id: "m1", kind: "text", text: "as a guest", sent: 0 },
        failed: null,
      },
    });
    const link = await signInVisitor({ base: "", lang: "en", identity: jwt, identityUrl: null }, TEST_ENVIRONMENT);
    expect(broker.heard.filter((packet) => kindOf(packet) === PUBLISH).map((packet) => saidIn(packet).topic)).toContain(
      "support/g-1/msg",
    );
    await vi.waitFor(async () => expect(await store.list()).toEqual([]));
    expect(asked.map((body) => Object.keys(body).sort().join())).toEqual(["guest,lang"]);
    await link.recall();
    link.start();
    await vi.waitFor(() => expect(link.connection.value.state).toBe("live"));
    expect(asked[1]).toMatchObject({ identity: jwt, guest: "token-1" });
    expect(link.conversation.value?.client).toBe("c-42");
    expect(guestKeep.load()).toBeNull();
    link.stop();
    store.close();
    broker.stop();
  });
  it("speaks as the user at once when nothing was left unsaid", async () => {
    const { broker, asked } = await visited(false);
    const link = await signInVisitor({ base: "", lang: "en", identity: jwt, identityUrl: null }, TEST_ENVIRONMENT);
    expect(asked).toEqual([]);
    link.stop();
    broker.stop();
  });
});
