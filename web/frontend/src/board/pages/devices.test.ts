import { expect, test } from "vitest";
import { ownTopics } from "./device-wizard.tsx";

test("topics stand apart by space or comma, and a number's unit before its topic", () => {
  expect(ownTopics("tele/a/SENSOR, kwh=main/energy\n W=main/power")).toEqual({
    topics: ["tele/a/SENSOR", "main/energy", "main/power"],
    forms: { "main/energy": "kwh", "main/power": "w" },
  });
  expect(ownTopics("home/x=1")).toEqual({ topics: ["home/x=1"], forms: {} });
  expect(ownTopics(" ")).toEqual({ topics: [], forms: {} });
});
