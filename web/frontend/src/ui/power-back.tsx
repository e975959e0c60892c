/** "Tell me when power is back": the switch beside an outage's notice. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Lang } from "./messages.ts";
import { powerMessages } from "./outage-tables.gen.ts";

/** REST as the client. */
export interface PowerRest {
  get(path: string): Promise<{ readonly on?: boolean }>;
  send(method: "PUT", path: string, body: unknown): Promise<unknown>;
}

interface PowerBackProps {
  readonly lang: Lang;
  readonly client: string;
  readonly rest: PowerRest;
}

/** How long after a failed request the next one follows; then twice as long each time, up to the longest. */
const AGAIN_MS = 5_000;
const LONGEST_AGAIN_MS = 60_000;

interface PowerSwitchProps {
  readonly lang: Lang;
  /** The checkbox. */
  readonly box: ComponentChildren;
  /** Stands behind the switch. */
  readonly children?: ComponentChildren;
}

export const PowerSwitch = ({ lang, box, children }: PowerSwitchProps) => (
  <div class="wl-power" data-testid="power-back">
    <label>
      {box}
      {powerMessages[lang].tellMe}
    </label>
    {children}
  </div>
);

export function PowerBack({ lang, client, rest }: PowerBackProps) {
  const t = powerMessages[lang];
  const path = `/api/clients/${client}/power-back`;
  /** Null before it is known. */
  const [isOn, setOn] = useState<boolean | null>(null);
  const [fault, setFault] = useState("");
  const [isSaving, setSaving] = useState(false);
  useEffect(() => {
    let isGone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = (againMs: number): Promise<void> =>
      rest.get(path).then(
        ({ on = false }) => {
          if (isGone) return;
          setOn(on);
          setFault("");
        },
        () => {
          if (isGone) return;
          setFault(t.notLoaded);
          timer = setTimeout(load, againMs, Math.min(2 * againMs, LONGEST_AGAIN_MS));
        },
      );
    void load(AGAIN_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [path]);
  const change = async (next: boolean): Promise<void> => {
    setOn(next);
    setFault("");
    setSaving(true);
    await rest.send("PUT", path, { on: next }).catch(() => {
      setOn(!next);
      setFault(t.failed);
    });
    setSaving(false);
  };
  return (
    <PowerSwitch
      lang={lang}
      box={
        <input
          type="checkbox"
          checked={isOn === true}
          disabled={isOn === null}
          aria-disabled={isSaving} // keeps the focus, unlike disabled
          onClick={(event) => isSaving && event.preventDefault()}
          onChange={(event) => void change(event.currentTarget.checked)}
        />
      }
    >
      <span role="status">{fault || (isOn && t.willTell)}</span>
    </PowerSwitch>
  );
}
