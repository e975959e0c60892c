/** Let conditions of tests wait for as long as a loaded machine needs: a lazy chunk took over 1 s at a load of 12. */

import { vi } from "vitest";

const PATIENCE_MS = 8_000;
const { waitFor } = vi;
vi.waitFor = (condition, options = PATIENCE_MS) => waitFor(condition, options);
