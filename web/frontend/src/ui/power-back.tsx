/** "Tell me when power is back": the switch beside an outage's notice. */

import { useEffect, useState } from "preact/hooks";

import { type Lang, powerMessages } from "./messages.ts";

/** REST as the client. */
export interface PowerRest {
  get(path: string): Promise<{ readonly on?: boolean }>;
  send(method: "PUT", path: string, body: unknown): Promise<unknown>;
}

export interface PowerBackProps {
  readonly lang: Lang;
  readonly client: string;
  readonly rest: PowerRest;
}

export function PowerBack({ lang, client, rest }: PowerBackProps) {
  const t = powerMessages[lang];
  const path = `/api/clients/${client}/power-back`;
  /** Null before it is known. */
  const [isOn, setOn] = useState<boolean | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    let isGone = false;
    rest.get(path).then(
      ({ on = false }) => !isGone && setOn(on),
      () => !isGone && setOn(false),
    );
    return () => {
      isGone = true;
    };
  }, [path]);
  const change = async (next: boolean): Promise<void> => {
    setOn(next);
    setFailed(false);
    await rest.send("PUT", path, { on: next }).catch(() => {
      setOn(!next);
      setFailed(true);
    });
  };
  return (
    <div class="wl-power" data-testid="power-back">
      <label>
        <input
          type="checkbox"
          checked={isOn === true}
          disabled={isOn === null}
          onChange={(event) => void change(event.currentTarget.checked)}
        />
        {t.tellMe}
      </label>
      <span role="status">{hasFailed ? t.failed : isOn && t.willTell}</span>
    </div>
  );
}
