import type { PageTexts } from "../../ui/messages.ts";
import { faultText } from "../fault.ts";
import type { Doing } from "./doing.ts";

/** Why it did not work; nothing while it does. */
export function Refused({ doing, t }: { readonly doing: Doing; readonly t: PageTexts }) {
  if (doing.state !== "refused") return null;
  return (
    <p class="wl-bad" role="alert">
      {faultText(t.lang, doing.fault) || t.notReached}
    </p>
  );
}
