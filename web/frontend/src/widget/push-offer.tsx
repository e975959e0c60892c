/** Offer to notify a client who waits for an answer. */

import { useEffect, useState } from "preact/hooks";
import { readLocal, writeLocal } from "../link/outbox-journal.ts";
import { Button } from "../ui/button.tsx";
import type { LaterTexts } from "../ui/messages.ts";
import { isPushOff, mayPush, notify, type PushActions } from "./push.ts";

export interface PushOfferProps {
  readonly lt: LaterTexts;
  readonly acts: PushActions;
  readonly permission: NotificationPermission | null;
  /** The client pressed a button. */
  readonly onDone: () => void;
}

const DECLINED = "wattline/push-offer";

export function PushOffer({ lt, acts, permission, onDone }: PushOfferProps) {
  const [state, setState] = useState<"new" | "offered" | "asking" | "failed" | "done">(() =>
    permission === "default" && mayPush(acts) && readLocal(DECLINED) === null ? "new" : "done",
  );
  useEffect(() => {
    if (state === "new")
      isPushOff(acts).then(
        (isOff) => setState(isOff ? "done" : "offered"),
        () => setState("done"),
      );
  }, []);
  if (state === "new" || state === "done") return null;
  const accept = async (): Promise<void> => {
    setState("asking");
    const isOn = await notify(acts);
    setState(isOn || Notification.permission !== "granted" ? "done" : "failed");
    onDone();
  };
  const decline = (): void => {
    writeLocal(DECLINED, "1");
    setState("done");
    onDone();
  };
  return (
    <div class="wl-strip wl-push-offer" data-testid="push-offer">
      <span>{lt.offerPush}</span>
      <div class="wl-strip-row">
        <Button disabled={state === "asking"} onClick={() => void accept()}>
          {lt.notifyMe}
        </Button>
        <Button kind="quiet" onClick={decline}>
          {lt.noName}
        </Button>
      </div>
      <span role="status" class="wl-strip-fault">
        {state === "failed" && lt.pushFailed}
      </span>
    </div>
  );
}
