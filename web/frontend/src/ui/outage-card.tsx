/** An outage's notice as the chat draws it, and the board's preview of it. */

import type { ComponentChildren } from "preact";

import { Drawing, OUTAGE } from "./drawing.tsx";
import type { Zone } from "./format.ts";
import type { Lang } from "./messages.ts";
import { type NoticeSaid, noticeLines } from "./outage-words.ts";

interface OutageCardProps extends NoticeSaid {
  readonly lang: Lang;
  readonly now: number;
  readonly zone?: Zone;
  readonly testId: string;
  /** In place of the area's. */
  readonly title?: string;
  /** The switch, where there is one. */
  readonly children?: ComponentChildren;
}

/** A time of day, such as the one when power is expected back. */
const TIME = /\b(\d\d:\d\d)\b/;

export function OutageCard({ lang, now, zone, testId, title, children, ...said }: OutageCardProps) {
  const lines = noticeLines(lang, said, now, zone);
  return (
    <div class="wl-outage-card" lang={lang} data-testid={testId}>
      <strong>
        <Drawing path={OUTAGE} /> {title ?? lines.title}
      </strong>
      <p>{lines.text.split(TIME).map((part, place) => (place % 2 === 1 ? <b>{part}</b> : part))}</p>
      {children}
      {lines.updated && <p class="wl-outage-at">{lines.updated}</p>}
    </div>
  );
}
