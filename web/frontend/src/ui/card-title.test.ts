import { expect, test } from "vitest";

import { cardTitle } from "./card-title.ts";

const ZONE = "Europe/Bucharest";
const title = (from: string, to: string, zone = ZONE): string =>
  cardTitle("en", { meter: "m-1", from: Date.parse(from), to: Date.parse(to) }, zone);

test("a day has one name, also the one of 23 hours and the one of 25; more of them have two", () => {
  expect(title("2026-11-23T00:00:00+02:00", "2026-11-24T00:00:00+02:00")).toBe("Mon 23 Nov");
  expect(title("2026-03-29T00:00:00+02:00", "2026-03-30T00:00:00+03:00")).toBe("Sun 29 Mar");
  expect(title("2026-10-25T00:00:00+03:00", "2026-10-26T00:00:00+02:00")).toBe("Sun 25 Oct");
  expect(title("2026-10-25T00:00:00+03:00", "2026-10-27T00:00:00+02:00")).toBe("Sun 25 Oct – Mon 26 Oct");
});
