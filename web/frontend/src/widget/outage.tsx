/** An outage in the client's area, with what the desk says of it. */

import { Drawing, OUTAGE } from "../ui/drawing.tsx";
import { monthDay, monthName, weekday } from "../ui/format.ts";
import { type Lang, powerMessages } from "../ui/messages.ts";
import { PowerBack, type PowerRest } from "../ui/power-back.tsx";

export interface OutageProps {
  readonly lang: Lang;
  readonly text: string;
  readonly client: string;
  /** Undefined before sign-in. */
  readonly rest: PowerRest | undefined;
}

/** A time of day, such as the one when power is expected back. */
const TIME = /\b(\d\d:\d\d)\b/;

/** Return the notice with "today" for the day that the server wrote in full, as in "by 17:30, Monday, 30 November". */
export function withToday(lang: Lang, text: string, nowMs: number): string {
  const written = `${weekday(lang, nowMs)},? ${Number.parseInt(monthDay(lang, nowMs), 10)}\\.? ${monthName(lang, nowMs)}`;
  return text.replace(new RegExp(`,? \\(?${written}\\)?`, "u"), ` ${powerMessages[lang].today}`);
}

export function Outage({ lang, text, client, rest }: OutageProps) {
  return (
    <div class="wl-outage-card" data-testid="outage">
      <strong>
        <Drawing path={OUTAGE} /> {powerMessages[lang].title}
      </strong>
      <p>
        {withToday(lang, text, Date.now())
          .split(TIME)
          .map((part, place) => (place % 2 === 1 ? <b>{part}</b> : part))}
      </p>
      {rest && <PowerBack {...{ lang, client, rest }} />}
    </div>
  );
}
