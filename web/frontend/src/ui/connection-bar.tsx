import { useEffect, useState } from "preact/hooks";

import { Drawing, OFFLINE } from "./drawing.tsx";
import { Icon } from "./icon.tsx";
import type { Texts } from "./messages.ts";

/** The state of a link, as this bar shows it. */
export interface Connection {
  readonly state: "idle" | "connecting" | "live" | "offline" | "refused";
  readonly sinceMs: number;
  readonly reason: string | null;
  /** The desk's: since when there is none, and what can be done meanwhile. */
  readonly lost?: { readonly title: string; readonly text: string };
}

interface ConnectionLineProps {
  readonly connection: Connection;
  /** How many messages are unsent. */
  readonly pending: number;
  readonly t: Texts;
  readonly memoryOnly?: boolean;
  /** What the person can do about a refusal or a long wait. */
  readonly action?: { readonly label: string; readonly run: () => void };
  readonly clock?: () => number;
}

/** Shorter interruptions are not shown. */
const GRACE_MS = 1500;

/** Return whether there has been no connection for longer than a short interruption. */
export function useLost({ state, sinceMs }: Connection, clock: () => number = Date.now): boolean {
  const calm = state === "live" || state === "idle";
  const [patient, setPatient] = useState(true);
  useEffect(() => {
    if (calm) {
      setPatient(true);
      return undefined;
    }
    const timer = setTimeout(() => setPatient(false), Math.max(0, sinceMs + GRACE_MS - clock()));
    return () => clearTimeout(timer);
  }, [calm, sinceMs]);
  return !calm && !patient;
}

/** Show a problem of the connection: what it is, what happens to messages, and what to do. */
export function ConnectionBar({
  connection,
  pending,
  t,
  memoryOnly = false,
  action,
  clock = Date.now,
}: ConnectionLineProps) {
  const { state, reason } = connection;
  const isLost = useLost(connection, clock);
  const lost = __DESK__ && state !== "refused" && isLost && connection.lost;
  const kept = pending > 0 && state !== "refused";
  const shown = state === "refused" || isLost || memoryOnly;
  const words = state === "refused" ? t.refusedLine(reason ?? "") : isLost ? t.lineOffline : t.memoryOnly;
  return (
    <div role="status" class={shown ? `wl-line wl-line-${state}` : "wl-hidden"}>
      {shown && (
        <>
          {lost ? (
            <>
              <Icon name="offline" />
              <span>
                <strong>{lost.title}</strong> {lost.text}
              </span>
            </>
          ) : (
            <>
              <Drawing path={OFFLINE} />
              <span>
                {words}
                {kept && ` ${t.unsent(pending).replace(" ", "\u00a0")}`}
              </span>
            </>
          )}
          {action && (isLost || state === "refused") && (
            <button type="button" class="wl-link" onClick={action.run}>
              {action.label}
            </button>
          )}
        </>
      )}
    </div>
  );
}
