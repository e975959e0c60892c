/** The list behind "More": sound, notifications, the conversation as a file. */

import { useEffect, useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { BELL, DOWNLOAD, Drawing, SOUND } from "../ui/drawing.tsx";
import type { LaterTexts, WidgetTexts } from "../ui/messages.ts";
import { MailChoice } from "./mail-ask.tsx";
import { isNotified, isPushOff, mayPush, notify, notifyNoMore, type PushActions } from "./push.ts";

const MUTED = "M4 8v4h3l4 3.5v-11L7 8zM14 8l3.500 4M17.500 8 14 12";

/** Returns the URL of the conversation as a file; null before sign-in. */
export type Transcript = (format: "html" | "txt") => string | null;

export interface MoreListProps {
  readonly wt: WidgetTexts;
  readonly lt: LaterTexts;
  readonly muted: boolean;
  readonly permission: NotificationPermission | null;
  readonly acts: PushActions & { readonly mute: (now: boolean) => void };
  readonly client: string;
  /** Null while there is no conversation. */
  readonly transcript: Transcript | null;
}

export function MoreList({ wt, lt, muted, permission, acts, client, transcript }: MoreListProps) {
  const [isOn, setOn] = useState(isNotified(acts));
  const [isFailed, setFailed] = useState(false);
  // Until the server has answered, and where it sends none, only the open page's notifications are offered.
  const [isPush, setPush] = useState(false);
  useEffect(() => {
    if (mayPush(acts))
      isPushOff(acts).then(
        (isOff) => setPush(!isOff),
        () => undefined,
      );
  }, []);
  const turnOn = async (): Promise<void> => {
    const done = await notify(acts);
    setOn(isNotified(acts));
    setFailed(!done && Notification.permission === "granted");
  };
  const turnOff = async (): Promise<void> => {
    await notifyNoMore(acts);
    setOn(isNotified(acts));
    setPush(true); // it was on until now, also where the server did not answer above
  };
  return (
    <div class="wl-more-list" role="group" aria-label={wt.more} data-testid="more">
      <Button kind="quiet" onClick={() => acts.mute(!muted)}>
        <Drawing path={muted ? SOUND : MUTED} />
        {muted ? lt.unmute : lt.mute}
      </Button>
      {isOn ? (
        <Button kind="quiet" onClick={() => void turnOff()}>
          <Drawing path={BELL} />
          {lt.notifyNoMore}
        </Button>
      ) : (
        (permission === "default" || (permission === "granted" && isPush)) && (
          <Button kind="quiet" onClick={() => void turnOn()}>
            <Drawing path={BELL} />
            {lt.notify}
          </Button>
        )
      )}
      <span role="status" class="wl-strip-fault">
        {isFailed && lt.pushFailed}
      </span>
      {permission === "denied" && <p class="wl-muted">{lt.notifyDenied}</p>}
      <MailChoice lang={wt.lang} client={client} rest={acts.rest()} />
      {transcript &&
        // In a new tab, so that the page stays.
        (["html", "txt"] as const).map((format) => (
          <a
            key={format}
            class="wl-button wl-button-quiet"
            href={transcript(format) ?? ""}
            target="_blank"
            rel="noopener noreferrer"
            download
          >
            <Drawing path={DOWNLOAD} />
            {format === "html" ? lt.savePage : lt.saveText}
          </a>
        ))}
    </div>
  );
}
