import { afterEach, describe, expect, it, vi } from "vitest";
import { Rest } from "./rest.ts";
import { agentSession, fetchIdentity, type Guest, guestSession, identitySession, SignedOut } from "./session.ts";

interface Call {
  readonly url: string;
  readonly body: any;
  readonly headers: Record<string, string>;
  readonly credentials: string;
}
type Answer = { status?: number; json: unknown } | "unreachable";
const calls: Call[] = [];
function answers(answer: (call: Call) => Answer): void {
  calls.length = 0;
  vi.stubGlobal("fetch", async (url: string, init: any) => {
    const call = {
      url,
      body: init.body ? JSON.parse(init.body) : null,
      headers: init.headers,
      credentials: init.credentials,
    };
    calls.push(call);
    const given = answer(call);
    if (given === "unreachable") throw new TypeError("no network");
    return new Response(JSON.stringify(given.json), { status: given.status ?? 200 });
  });
}
afterEach(() => vi.unstubAllGlobals());
const credentials = (id: string, rest = {}) => ({
  json: {
    id,
    username: id,
    password: "p",
    client_id: `${id}:x`,
    url: "",
    ws_url: "ws://x",
    expires: 3_600_000,
    api_token: "bearer",
    api_expires: 43_200_000,
    name: null,
    area: null,
    guest: null,
    ...rest,
  },
});
const problem = (status: number, code: string) => ({ status, json: { code, detail: "No.", status } });
const keep = (guest: Guest | null) => {
  const held = { guest };
  return {
    held,
    load: () => held.guest,
    save: (next: Guest) => void (held.guest = next),
    drop: () => void (held.guest = null),
  };
};

describe("a session on a machine whose clock is wrong by days", () => {
  const DAY = 86_400_000;
  it.each([3 * DAY, -3 * DAY])("lives as long as the server meant (%i ms ahead)", async (aheadMs) => {
    const server = { ms: 10 * DAY };
    const now = (): number => server.ms + aheadMs;
    answers(() => {
      const { ms } = server;
      return credentials("g-1", { now: ms, expires: ms + 3_600_000, api_expires: ms + 43_200_000 });
    });
    const session = guestSession("", "en", keep(null), now);
    const first = await session.credentials();
    expect((first.expires ?? 0) - now()).toBe(3_600_000);
    server.ms += 3_500_000;
    await session.credentials();
    await session.bearer();
    expect(calls.length).toBe(1);
    server.ms += 100_000;
    await session.credentials();
    expect(calls.length).toBe(2);
    expect(calls[1]?.headers.Authorization).toBe("Bearer bearer");
  });
});

describe("a guest's session", () => {
  it("keeps the token and is the same guest the next time", async () => {
    answers(() => credentials("g-1", { guest: "token-1" }));
    const kept = keep(null);
    await guestSession("", "en", kept, () => 0).credentials();
    expect(calls[0]).toMatchObject({ url: "/api/session", body: { lang: "en" }, credentials: "omit" });
    expect(kept.held.guest).toEqual({ id: "g-1", token: "token-1" });
    await guestSession("", "en", kept, () => 0).credentials();
    expect(calls[1]?.body).toEqual({ guest: "token-1", lang: "en" });
  });
  it("begins anew when nobody knows the guest any more", async () => {
    answers(({ body }) => (body.guest ? problem(401, "guest_unknown") : credentials("g-2", { guest: "token-2" })));
    const kept = keep({ id: "g-1", token: "old" });
    expect((await guestSession("", "en", kept, () => 0).credentials()).id).toBe("g-2");
    expect(kept.held.guest?.id).toBe("g-2");
  });
  it("uses credentials while they live, renews by the bearer, and asks once for many", async () => {
    let nowMs = 0;
    answers(() => credentials("g-1", { guest: "token-1", expires: nowMs + 3_600_000 }));
    const session = guestSession("", "en", keep(null), () => nowMs);
    await Promise.all([session.credentials(), session.credentials(), session.bearer()]);
    await session.credentials();
    expect(calls.length).toBe(1);
    nowMs = 3_590_000;
    await session.credentials();
    expect(calls[1]).toMatchObject({ body: {}, headers: { Authorization: "Bearer bearer" } });
  });
});

describe("a portal user's session", () => {
  it("sends the identity, and tells once the server knows which guest this was", async () => {
    answers(() => credentials("c-42"));
    let told = 0;
    const session = identitySession(
      "https://w.example",
      "ro",
      "jwt",
      async () => null,
      { token: "guest", told: () => told++ },
      () => 0,
    );
    await session.credentials();
    expect(calls[0]).toMatchObject({
      url: "https://w.example/api/session",
      body: { identity: "jwt", lang: "ro", guest: "guest" },
    });
    expect(told).toBe(1);
  });
  it("asks the portal for a fresh identity when that one was used", async () => {
    answers(({ body }) => (body.identity === "old" ? problem(401, "identity_used") : credentials("c-42")));
    const session = identitySession(
      "",
      "en",
      "old",
      async () => "new",
      null,
      () => 0,
    );
    expect((await session.credentials()).id).toBe("c-42");
  });
  it("is signed out when the portal gives none", async () => {
    answers(() => problem(401, "identity_used"));
    const session = identitySession(
      "",
      "en",
      "old",
      async () => null,
      null,
      () => 0,
    );
    await expect(session.credentials()).rejects.toBeInstanceOf(SignedOut);
  });
  it("an unreachable portal is no sign-out", async () => {
    answers(() => "unreachable");
    await expect(fetchIdentity("/portal/identity")).rejects.toMatchObject({ status: 0 });
    answers(() => problem(403, "no"));
    expect(await fetchIdentity("/portal/identity")).toBeNull();
  });
});

describe("an agent's session", () => {
  it("goes by the signed-in cookie with its token against forgery", async () => {
    answers(() => credentials("a-ana"));
    await agentSession(
      "",
      () => "csrf-1",
      () => 0,
    ).credentials();
    expect(calls[0]).toMatchObject({ headers: { "X-CSRFToken": "csrf-1" }, credentials: "same-origin" });
  });
});

describe("rest", () => {
  it("reads a log's page and leaves out what is out of form", async () => {
    const entry = { seq: 1, id: "m1", from: "a-ana", at: 1, kind: "text", text: "x" };
    answers(() => ({
      json: {
        entries: [entry, { seq: 2 }],
        last: 2,
        first: 1,
        epoch: "e",
        markers: { "c-42": { delivered: 1, read: 1 }, x: 3 },
        names: {},
      },
    }));
    const page = await new Rest("", async () => "b").log("c-42", { after: 0 }, 10);
    expect(page).toMatchObject({ entries: [entry], markers: { "c-42": { delivered: 1, read: 1 } }, last: 2 });
    expect(calls[0]?.url).toBe("/api/clients/c-42/log?after=0&limit=10");
  });
  it("an error carries the problem's code and when to try again", async () => {
    answers(() => ({ status: 429, json: { code: "too_fast", detail: "Wait.", retry_ms: 900 } }));
    await expect(new Rest("", async () => "b").get("/x")).rejects.toMatchObject({
      status: 429,
      code: "too_fast",
      retryMs: 900,
      message: "Wait.",
    });
  });
  it("a refusal of the page's origin is told to its developer in the console, and not to a visitor", async () => {
    const console = vi.spyOn(globalThis.console, "error").mockReturnValue();
    const detail = "https://shop.example is not one of WATTLINE_PORTAL_ORIGINS.";
    answers(() => ({ status: 403, json: { code: "origin", detail } }));
    await expect(new Rest("", async () => "b").get("/x")).rejects.toMatchObject({ code: "origin", message: "" });
    expect(console.mock.calls).toEqual([["Wattline:", detail]]);
    console.mockRestore();
  });
});
