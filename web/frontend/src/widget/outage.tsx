/** An outage in the client's area, with what the desk says of it. */

import { Drawing, WARNING } from "../ui/drawing.tsx";
import { type Lang, powerMessages } from "../ui/messages.ts";
import { PowerBack, type PowerRest } from "../ui/power-back.tsx";

export interface OutageProps {
  readonly lang: Lang;
  readonly text: string;
  readonly client: string;
  /** Undefined before sign-in. */
  readonly rest: PowerRest | undefined;
}

export function Outage({ lang, text, client, rest }: OutageProps) {
  return (
    <div class="wl-outage-card" data-testid="outage">
      <strong>
        <Drawing path={WARNING} /> {powerMessages[lang].title}
      </strong>
      <p>{text}</p>
      {rest && <PowerBack {...{ lang, client, rest }} />}
    </div>
  );
}
