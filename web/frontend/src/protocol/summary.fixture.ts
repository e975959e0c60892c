/** A conversation's row for tests and the gallery. */

import { asSummary, type Summary } from "./payloads.ts";

/** Return an open conversation's row; what it leaves out has its default. */
export const summaryOf = (client: string, more: Partial<Summary> = {}): Summary => ({
  ...(asSummary({ client, rev: 1, status: "open" }) as Summary),
  ...more,
});
