/** An outage in the client's area, with what the desk says of it. */

import { Drawing, OUTAGE } from "../ui/drawing.tsx";
import { type Lang, powerMessages } from "../ui/messages.ts";
import { withToday } from "../ui/outage-words.ts";
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
