/** An outage in the client's area, with what the desk says of it. */

import type { AreaOutage } from "../link/client-link.ts";
import { inLang } from "../protocol/translated.ts";
import type { Lang } from "../ui/messages.ts";
import { OutageCard } from "../ui/outage-card.tsx";
import { PowerBack, type PowerRest } from "../ui/power-back.tsx";

export interface OutageProps {
  readonly lang: Lang;
  readonly outage: AreaOutage;
  readonly client: string;
  /** Undefined before sign-in. */
  readonly rest: PowerRest | undefined;
}

export const Outage = ({ lang, outage: { area, text, at }, client, rest }: OutageProps) => (
  <OutageCard {...{ lang, area, at }} text={inLang(text, lang)} now={Date.now()} testId="outage">
    {rest && <PowerBack {...{ lang, client, rest }} />}
  </OutageCard>
);
