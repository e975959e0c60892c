/** An outage in the client's area, with what the desk says of it. */

import type { AreaOutage } from "../link/client-link.ts";
import { inLang } from "../protocol/translated.ts";
import { areaName } from "../ui/area-name.ts";
import { Drawing, OUTAGE } from "../ui/drawing.tsx";
import { whenNear } from "../ui/format.ts";
import { type Lang, powerMessages } from "../ui/messages.ts";
import { withToday } from "../ui/outage-words.ts";
import { PowerBack, type PowerRest } from "../ui/power-back.tsx";

export interface OutageProps {
  readonly lang: Lang;
  readonly outage: AreaOutage;
  readonly client: string;
  /** Undefined before sign-in. */
  readonly rest: PowerRest | undefined;
}

/** A time of day, such as the one when power is expected back. */
const TIME = /\b(\d\d:\d\d)\b/;

export function Outage({ lang, outage, client, rest }: OutageProps) {
  const t = powerMessages[lang];
  const { area, text, at } = outage;
  const now = Date.now();
  return (
    <div class="wl-outage-card" data-testid="outage">
      <strong>
        <Drawing path={OUTAGE} /> {t.titleIn(areaName(area))}
      </strong>
      <p>
        {withToday(lang, inLang(text, lang), now)
          .split(TIME)
          .map((part, place) => (place % 2 === 1 ? <b>{part}</b> : part))}
      </p>
      {rest && <PowerBack {...{ lang, client, rest }} />}
      {at && <p class="wl-outage-at">{t.updated(whenNear(lang, at, now))}</p>}
    </div>
  );
}
