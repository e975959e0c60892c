// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";

import { board, mountWhen } from "./app.fixture.tsx";

/** What was made of Intl since before the modules were read. What is made once is kept, so the first test asks. */
const made = vi.hoisted(() => {
  const kinds: PropertyKey[] = [];
  const noticing: ProxyHandler<typeof Intl> = {
    get(real, kind: keyof typeof Intl) {
      kinds.push(kind);
      return real[kind];
    },
  };
  vi.stubGlobal("Intl", new Proxy(Intl, noticing));
  return kinds;
});

const asked = vi.hoisted(() => vi.fn());
vi.mock("./opened-later.ts", async (original) => {
  asked();
  return await original<object>();
});

test("the rows are drawn without an Intl object, whose first costs 17 ms of the page's thread", async () => {
  const end = await mountWhen("connecting");
  expect(document.querySelector("[data-testid=row]")).not.toBeNull();
  expect(made).toEqual([]);
  end();
});

test("the rows are drawn before any part that loads later is asked for: the connection comes first", async () => {
  const end = await mountWhen("connecting");
  expect(document.querySelector("[data-testid=row]")).not.toBeNull();
  expect(asked).not.toHaveBeenCalled();
  Object.assign(board.desk.connection, { value: { ...board.desk.connection.value, state: "live" } });
  await vi.waitFor(() => expect(asked).toHaveBeenCalled());
  end();
});
