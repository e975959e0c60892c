import { expect, test } from "vitest";
import { clientName } from "./client-name.ts";

test("a client without a name is a client; only a guest is called a guest", () => {
  expect(clientName("en", "c-42", "Maria Pop")).toBe("Maria Pop");
  expect(clientName("en", "c-42", null)).toBe("Client");
  expect(clientName("ro", "g-7f3a", undefined)).toBe("Vizitator");
});
