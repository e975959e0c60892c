import { expect, test } from "vitest";

import { faultOf, faultText } from "./request.tsx";

test("what the server refuses is told in the page's language, by its code; what was not reached tells nothing", () => {
  const refused = faultOf({ status: 403, code: "not_admin", message: "Only an administrator may do this." });
  expect(faultText("en", refused)).toBe("Only an administrator may do this.");
  expect(faultText("ro", refused)).toBe("Doar un administrator poate face asta.");
  expect(faultText("ro", { why: "bad_payload", text: "id: too short" })).toBe(
    "Un câmp nu are forma cerută (id: too short)",
  );
  expect(faultText("ro", { why: "teapot", text: "I am a teapot." })).toBe("I am a teapot.");
  expect(faultText("ro", faultOf(new TypeError("Failed to fetch")))).toBe("");
});
