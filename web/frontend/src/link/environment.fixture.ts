/** A visible page whose network never changes and whose chance is always 0. */

import type { Environment } from "./link.ts";
import { pageTimers } from "./timers.ts";

export const TEST_ENVIRONMENT: Environment = {
  now: () => Date.now(),
  steady: () => Date.now(),
  chance: () => 0,
  entropy: (size) => crypto.getRandomValues(new Uint8Array(size)),
  timers: pageTimers,
  watched: () => true,
  onReturn: () => () => {},
};
