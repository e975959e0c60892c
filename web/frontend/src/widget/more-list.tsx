/** The list behind "More": sound, notifications, the conversation as a file. */

import { Button } from "../ui/button.tsx";
import type { LaterTexts, WidgetTexts } from "../ui/messages.ts";
import type { Actions } from "./actions.ts";
import { MailChoice } from "./mail-ask.tsx";

/** Returns the URL of the conversation as a file; null before sign-in. */
export type Transcript = (format: "html" | "txt") => string | null;

export interface MoreListProps {
  readonly wt: WidgetTexts;
  readonly lt: LaterTexts;
  readonly muted: boolean;
  readonly permission: NotificationPermission | null;
  readonly acts: Pick<Actions, "mute" | "askToNotify" | "rest">;
  readonly client: string;
  /** Null while there is no conversation. */
  readonly transcript: Transcript | null;
}

export function MoreList({ wt, lt, muted, permission, acts, client, transcript }: MoreListProps) {
  return (
    <div class="wl-more-list" role="group" aria-label={wt.more} data-testid="more">
      <Button kind="quiet" onClick={() => acts.mute(!muted)}>
        {muted ? lt.unmute : lt.mute}
      </Button>
      {permission === "default" && (
        <Button kind="quiet" onClick={() => acts.askToNotify()}>
          {lt.notify}
        </Button>
      )}
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
            {format === "html" ? lt.savePage : lt.saveText}
          </a>
        ))}
    </div>
  );
}
