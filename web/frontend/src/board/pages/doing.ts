import { useState } from "preact/hooks";

import { type Fault, faultOf } from "../fault.ts";

export type Doing =
  | { readonly state: "resting" }
  | { readonly state: "doing" }
  | { readonly state: "refused"; readonly fault: Fault };

/** One thing at a time, and what became of it: the server's sentence where it refused. */
export function useDoing(): readonly [Doing, (work: () => Promise<unknown>) => Promise<boolean>] {
  const [doing, setDoing] = useState<Doing>({ state: "resting" });
  const run = async (work: () => Promise<unknown>): Promise<boolean> => {
    setDoing({ state: "doing" });
    try {
      await work();
      setDoing({ state: "resting" });
      return true;
    } catch (fault) {
      setDoing({ state: "refused", fault: faultOf(fault) });
      return false;
    }
  };
  return [doing, run];
}
