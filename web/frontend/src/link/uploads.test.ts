import { afterEach, describe, expect, it, vi } from "vitest";
import type { Happened } from "../core/conversation.ts";
import type { Pending } from "../core/outbox.ts";
import { postBytes, RestError } from "./http.ts";
import type { Rest } from "./rest.ts";
import type { Store } from "./store.ts";
import { Uploads } from "./uploads.ts";

vi.mock("./http.ts", async (original) => ({ ...(await original<typeof import("./http.ts")>()), postBytes: vi.fn() }));

afterEach(() => void vi.useRealTimers());

const rest = { base: "", bearer: async () => "token" } as Rest;
const file = { file: "m1", name: "meter.jpg", type: "image/jpeg", size: 1 };
const pending: Pending = {
  id: "m1",
  client: "c-1",
  atMs: 0,
  failed: null,
  upload: true,
  said: { id: "m1", kind: "file", file, sent: 0 },
};
const failures: readonly [string, () => Promise<Blob | undefined>][] = [
  ["raises what is no answer of the server's", () => Promise.reject(new DOMException("closing", "InvalidStateError"))],
  ["never answers", () => new Promise(() => {})],
  ["has it no more", async () => undefined],
];

describe("an attachment whose bytes cannot be read", () => {
  it.each(failures)("is marked, so that nothing waits behind it, where the database %s", async (_, read) => {
    vi.useFakeTimers();
    const happened: Happened[] = [];
    const store = { file: read } as unknown as Store;
    const uploads = new Uploads({ client: "c-1", store, rest }, (happening) => happened.push(happening));
    const run = uploads.run(pending);
    await vi.advanceTimersByTimeAsync(5_000);
    await run;
    expect(happened).toEqual([{ type: "refusal", refusal: { id: "m1", why: "file_lost", text: "", retryMs: null } }]);
  });
});

describe("an upload that the server refuses", () => {
  it.each([
    [507, "disk_low", [{ id: "m1", why: "disk_low", text: "Why.", retryMs: null }]],
    [429, "busy", [{ id: "m1", why: "busy", text: "Why.", retryMs: 2_000 }]],
    [503, "store_down", []],
  ])("tells why, and when to try again; %s %s", async (status, code, refusals) => {
    vi.mocked(postBytes).mockRejectedValue(new RestError(status, code, "Why.", 2_000));
    const happened: Happened[] = [];
    const store = { file: async () => new Blob(["x"]) } as unknown as Store;
    await new Uploads({ client: "c-1", store, rest }, (happening) => happened.push(happening)).run(pending);
    expect(happened).toEqual(refusals.map((refusal) => ({ type: "refusal", refusal })));
  });
});
