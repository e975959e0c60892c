// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";

import { board, mountWhen } from "./app.fixture.tsx";

const asked = vi.hoisted(() => vi.fn());
vi.mock("./opened-later.ts", async (original) => {
  asked();
  return await original<object>();
});

test("the rows are drawn before any part that loads later is asked for: the connection comes first", async () => {
  const end = await mountWhen("connecting");
  expect(document.querySelector("[data-testid=row]")).not.toBeNull();
  expect(asked).not.toHaveBeenCalled();
  Object.assign(board.desk.connection, { value: { ...board.desk.connection.value, state: "live" } });
  await vi.waitFor(() => expect(asked).toHaveBeenCalled());
  end();
});
