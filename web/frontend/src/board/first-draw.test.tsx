// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";

import { board, mountWhen } from "./app.fixture.tsx";

const asked = vi.hoisted(() => vi.fn());
vi.mock("./opened-later.ts", async (original) => {
  asked();
  return await original<object>();
});

/** The first of this file: what is made once is kept. */
test("the rows are drawn without an Intl object, whose first costs 17 ms of the page's thread", async () => {
  const made: PropertyKey[] = [];
  const noticing: ProxyHandler<typeof Intl> = {
    get(real, kind: keyof typeof Intl) {
      made.push(kind);
      return real[kind];
    },
  };
  vi.stubGlobal("Intl", new Proxy(Intl, noticing));
  const end = await mountWhen("connecting");
  expect(document.querySelector("[data-testid=row]")).not.toBeNull();
  expect(made).toEqual([]);
  end();
  vi.unstubAllGlobals();
});

test("the rows are drawn before any part that loads later is asked for: the connection comes first", async () => {
  const end = await mountWhen("connecting");
  expect(document.querySelector("[data-testid=row]")).not.toBeNull();
  expect(asked).not.toHaveBeenCalled();
  Object.assign(board.desk.connection, { value: { ...board.desk.connection.value, state: "live" } });
  await vi.waitFor(() => expect(asked).toHaveBeenCalled());
  end();
});
