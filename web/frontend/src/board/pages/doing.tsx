import { useState } from "preact/hooks";

import type { PageTexts } from "../../ui/messages.ts";
import { type Fault, faultOf, faultText } from "../fault.ts";

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

/** Why it did not work; nothing while it does. */
export function Refused({ doing, t }: { readonly doing: Doing; readonly t: PageTexts }) {
  if (doing.state !== "refused") return null;
  return (
    <p class="wl-bad" role="alert">
      {faultText(t.lang, doing.fault) || t.notReached}
    </p>
  );
}
