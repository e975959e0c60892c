/** The panel's head: who is online, and settings. */

import { useRef, useState } from "preact/hooks";
import type { ConnectionState } from "../link/connection-state.ts";
import type { DeskNotice } from "../protocol/payloads.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { CLOCK, CLOSE, Drawing } from "../ui/drawing.tsx";
import { capital, whenSoon } from "../ui/format.ts";
import type { WidgetTexts } from "../ui/messages.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import type { ChatActions } from "./actions.ts";
import { Lazy } from "./lazy.tsx";
import type { Transcript } from "./more-list.tsx";

const BACK = "M12 5.5 7.5 10l4.5 4.5";
const DOTS = "M4.5 10h.01M10 10h.01M15.5 10h.01";

interface HeadProps {
  readonly wt: WidgetTexts;
  readonly notice: DeskNotice | null;
  readonly line: ConnectionState["state"];
  readonly now: number;
  /** The client's first name; empty when unknown. */
  readonly name: string;
  /** Whether the welcome is shown. */
  readonly isHome: boolean;
  readonly onBack: () => void;
  readonly muted: boolean;
  readonly permission: NotificationPermission | null;
  readonly acts: Pick<ChatActions, "close" | "mute" | "askToNotify" | "host" | "rest">;
  readonly client: string;
  /** Null while there is no conversation. */
  readonly transcript: Transcript | null;
}

export function Head(props: HeadProps) {
  const { wt, notice, line, now, isHome, onBack } = props;
  const desk = describeDesk(notice, line, wt, now, isHome ? NAMED : 1);
  const people = desk?.people ?? [];
  return (
    <div class={isHome ? "wl-panel-head wl-home-head" : "wl-panel-head"}>
      {!isHome && (
        <Button kind="quiet" icon label={wt.back} onClick={onBack}>
          <Drawing path={BACK} />
        </Button>
      )}
      <Avatar {...((isHome ? null : people[0]) ?? { id: "s-desk", name: wt.title })} />
      <div class="wl-panel-who">
        <h2 class="wl-panel-title">{isHome ? wt.welcome(props.name) : wt.title}</h2>
        <p class="wl-panel-here" role="status" data-testid="desk">
          {isHome && people.map((each) => <Avatar {...each} />)}
          {isHome && desk?.usual && !people[0] && (
            <span class="wl-avatar">
              <Drawing path={CLOCK} />
            </span>
          )}
          {desk && (
            <span>
              {desk.state && <PresenceDot state={desk.state} />}
              {desk.text}
              {desk.usual && (
                <span class={isHome ? "wl-home-sub" : "wl-usual"}>
                  {isHome ? capital(desk.usual) : ` · ${desk.usual}`}
                </span>
              )}
            </span>
          )}
        </p>
      </div>
      <More {...props} />
      <Button kind="quiet" icon label={wt.close} onClick={props.acts.close}>
        <Drawing path={CLOSE} />
      </Button>
    </div>
  );
}

function More({ wt, muted, permission, acts, client, transcript }: HeadProps) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLSpanElement>(null);
  const shut = (): void => {
    setOpen(false);
    button.current?.querySelector("button")?.focus();
  };
  return (
    <div
      class="wl-more"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !isOpen) return;
        event.stopPropagation();
        shut();
      }}
      onFocusOut={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOpen(false);
      }}
    >
      <span ref={button}>
        <Button kind="quiet" icon label={wt.more} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Drawing path={DOTS} />
        </Button>
      </span>
      {isOpen && <Lazy part="more" props={{ wt, muted, permission, acts, client, transcript }} />}
    </div>
  );
}

export interface DeskState {
  /** Null: open, and presence unknown. */
  readonly state: "online" | "away" | "offline" | null;
  readonly text: string;
  /** How long an answer takes, or where it comes; empty when unknown. */
  readonly usual?: string;
  /** Those who are named in the text. */
  readonly people?: readonly { readonly id: string; readonly name: string }[];
}

/** How many agents the welcome names; the head of a conversation, which has one line, names one. */
const NAMED = 3;

/** Return who is at the desk, in words. Who cannot hear the desk does not know who is there. Args: named: how many agents. */
export function describeDesk(
  notice: DeskNotice | null,
  line: ConnectionState["state"],
  t: WidgetTexts,
  nowMs: number,
  named = NAMED,
): DeskState | null {
  if (line === "offline" || line === "refused") return { state: "offline", text: t.noConnection };
  if (!notice) return null;
  const { agents, next, replyS } = notice;
  // Null while it is open; null too for a desk without hours, which never closes.
  if (next !== null) return { state: "offline", text: t.closedUntil(whenSoon(t.lang, next, nowMs)), usual: t.closedTo };
  const people = agents.slice(0, named);
  const usual = replyS === null || !notice.open ? "" : t.usualReply(Math.max(1, Math.round(replyS / 60)));
  if (people[0]) return { state: "online", text: t.here(people.map(({ name }) => name)), usual, people };
  return usual ? { state: null, text: capital(usual) } : { state: "away", text: t.nobody, usual: t.closedTo };
}
