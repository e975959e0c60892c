import { describe, expect, test } from "vitest";
import { isAgentId, proposeId, wholeId } from "./agents.tsx";

describe("an agent's id", () => {
  test("is proposed from the name, in plain letters, and is never one that is taken", () => {
    expect(proposeId("Mihai Ionescu", [])).toBe("a-mihai");
    expect(proposeId("Mihai Ionescu", ["a-mihai"])).toBe("a-mihai-2"); // clients read ids too
    expect(proposeId("Mihai", ["a-mihai", "a-mihai-2"])).toBe("a-mihai-3");
    expect(proposeId("Ștefan Țuțea-Ră", [])).toBe("a-stefan");
    expect([proposeId("", []), proposeId("  ", []), proposeId("李", [])]).toEqual(["", "", ""]);
    expect(isAgentId(proposeId("x".repeat(80), []))).toBe(true);
  });

  test("is checked before the server is asked, with the prefix added", () => {
    expect([wholeId("mihai"), wholeId("a-mihai ")]).toEqual(["a-mihai", "a-mihai"]);
    expect(["a-mihai", "a-m_1", "a-Mihai", "a-mihai ionescu", "a-", "a-ș"].map(isAgentId)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
