// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, describe, expect, test, vi } from "vitest";
import { AT_MOST_EVERY_MS } from "../link/polling.ts";
import { LANGS } from "../ui/messages.ts";
import { pageTextsFor } from "../ui/page-messages.ts";
import { LoadsByClient } from "./client-state.ts";
import { faultOf, faultText, useRequest } from "./request.tsx";

test("what the server refuses is told in the page's language, by its code; what was not reached tells nothing", () => {
  const refused = faultOf({ status: 403, code: "not_admin", message: "Only an administrator may do this." });
  const [en, ro] = [pageTextsFor("en"), pageTextsFor("ro")];
  expect(faultText(en, refused)).toBe("Only an administrator may do this.");
  expect(faultText(ro, refused)).toBe("Doar un administrator poate face asta.");
  for (const why of ["bad_payload", "bad_request"])
    expect(faultText(ro, { why, text: "id: too short" })).toBe("Un câmp nu are forma cerută (id: too short)");
  expect(faultText(ro, { why: "teapot", text: "I am a teapot." })).toBe("I am a teapot.");
  expect(faultText(ro, faultOf(new TypeError("Failed to fetch")))).toBe("");
});

/** What a page, a dialog or a picture is refused with, beside what `faults` of messages/ has. */
const ON_PAGES = `bad_request bad_url too_many_webhooks too_many_keys webhook_off not_again not_waiting taken push_off
  unknown_push_service broken_image wrong_type busy disk_low csrf`.split(/\s+/);

test.each(ON_PAGES)("%s is told in each language", (why) => {
  const told = LANGS.map((lang) => faultText(pageTextsFor(lang), { why, text: "English." }));
  expect([told[0], new Set(told).size]).toEqual(["English.", LANGS.length]);
});

interface Asked {
  readonly question: string;
  readonly resolve: (value: string) => void;
  readonly reject: (fault: unknown) => void;
}

describe("a request of a view", () => {
  const changes = signal(0);
  let asked: Asked[] = [];
  const root = document.createElement("div");
  const ask = (question: string): Promise<string> =>
    new Promise((resolve, reject) => asked.push({ question, resolve, reject }));

  interface Props {
    readonly question: string;
    readonly version?: number;
    readonly isPolled?: boolean;
  }
  function View({ question, version, isPolled }: Props) {
    const polling = { isComplete: () => true, changes };
    const { load } = useRequest({
      key: question,
      ask: () => ask(question),
      version,
      ...(isPolled ? { polling } : {}),
    });
    return <p>{load.state === "loaded" ? load.value : load.state}</p>;
  }
  const draw = (props: Props): Promise<void> => act(() => render(<View {...props} />, root));
  const answer = (number: number, value: string | null): Promise<void> =>
    act(async () => {
      if (value === null) asked[number]?.reject({ status: 0 });
      else asked[number]?.resolve(value);
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
    });

  afterEach(() => {
    render(null, root);
    asked = [];
    vi.useRealTimers();
  });

  test("drops the answer to an earlier question, however late it comes", async () => {
    await draw({ question: "first" });
    await draw({ question: "second" });
    await answer(1, "two");
    await answer(0, "one");
    expect(root.textContent).toBe("two");
    await draw({ question: "first" });
    expect(root.textContent).toBe("loading");
  });

  test("keeps the answer during a repeat and after one that failed", async () => {
    await draw({ question: "same", version: 1 });
    await answer(0, "old");
    await draw({ question: "same", version: 2 });
    expect([asked.length, root.textContent]).toEqual([2, "old"]);
    await answer(1, null);
    expect(root.textContent).toBe("old");
    await draw({ question: "other", version: 2 });
    await answer(2, null);
    expect(root.textContent).toBe("failed");
  });

  test("is repeated when its signal changes, and no more once the view is gone", async () => {
    vi.useFakeTimers();
    await draw({ question: "same", isPolled: true });
    await answer(0, "old");
    await act(() => void vi.advanceTimersByTime(AT_MOST_EVERY_MS));
    changes.value += 1;
    expect(asked).toHaveLength(2);
    await answer(1, "new");
    expect(root.textContent).toBe("new");
    await act(() => render(null, root));
    changes.value += 1;
    vi.advanceTimersByTime(600_000);
    expect(asked).toHaveLength(2);
  });
});

test("an answer about a client stays when a later request fails", async () => {
  const loads = new LoadsByClient<string>();
  await loads.ask("c-1", () => Promise.reject({ status: 0 }));
  expect(loads.of("c-1").state).toBe("failed");
  await loads.ask("c-1", () => Promise.resolve("Maria"));
  await loads.ask("c-1", () => Promise.reject({ status: 0 }));
  expect([loads.valueOf("c-1"), loads.of("c-2").state]).toEqual(["Maria", "loading"]);
});
