import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import type { ConversationView, Item } from "../core/view.ts";
import { Button } from "./button.tsx";
import { ARROW_DOWN, Drawing } from "./drawing.tsx";
import { clock, dayLabel, type Zone } from "./format.ts";
import { eventText, type FileAddress, Message, type MessageContext } from "./message.tsx";
import { DRAWN, drawnFrom } from "./message-window.ts";
import type { Texts } from "./messages.ts";
import { isSaid, type Note, rowsOf } from "./rows.ts";

export interface MessageListProps {
  readonly view: ConversationView;
  readonly t: Texts;
  /** Whom one talks to, for the log's label. */
  readonly name: string;
  readonly now: number;
  readonly zone?: Zone;
  /** Whose screen it is; the widget's by default. */
  readonly side?: "client" | "agent";
  /** What stands beside the other side's words; an agent's display name by default. */
  readonly senderLabel?: (item: Item) => string;
  readonly nameOfId?: (id: string) => string;
  readonly notes?: readonly Note[];
  readonly without?: readonly string[];
  readonly card?: (item: Item) => ComponentChildren;
  readonly emptyState?: ComponentChildren;
  /** Where a file of the conversation lies; null while that cannot be said. */
  readonly fileAddress?: FileAddress;
  /** How far each upload is, by its message's id. */
  readonly uploads?: Readonly<Record<string, number>>;
  /** The seq of an entry that is looked for: it is drawn wherever it stands. */
  readonly wanted?: number | undefined;
  readonly onRetry: (id: string) => void;
  readonly onDiscard: (id: string) => void;
  readonly onOlder: () => void;
}

/** This near to the end still counts as the end. */
const NEAR_PX = 48;

function useBottom(items: readonly Item[], othersTyping: number, wanted?: number) {
  const log = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const scrolledTo = useRef(0);
  const before = useRef<{ height: number; first: string | undefined; last: string | undefined }>({
    height: 0,
    first: undefined,
    last: undefined,
  });
  /** The last item seen at the end; null while the end is in view. */
  const [leftAt, setLeftAt] = useState<string | null>(null);
  const last = items[items.length - 1];
  /** The key of the first that is drawn; null where all are. */
  const top = useRef<string | null>(null);
  const [, redraw] = useState(0);
  const from = drawnFrom(items, { first: top.current, atEnd: stuck.current, wanted });
  const first = items[from]?.key;
  const drawFrom = (place: number): void => {
    top.current = place > 0 ? (items[place]?.key ?? null) : null;
  };
  drawFrom(from);

  const toEnd = (): void => {
    const element = log.current;
    if (!element) return;
    stuck.current = true;
    element.scrollTop = element.scrollHeight;
    setLeftAt(null);
  };

  useLayoutEffect(() => {
    const element = log.current;
    if (!element) return;
    const was = before.current;
    const appended = last?.key !== was.last;
    if (stuck.current || (appended && last?.mine && last.tick === "sending")) toEnd();
    else if (first !== was.first && !appended) element.scrollTop += element.scrollHeight - was.height;
    before.current = { height: element.scrollHeight, first, last: last?.key };
  }, [items, first, othersTyping]);

  /** Draws more of what is here; false where nothing is left to draw. */
  const earlier = (): boolean => {
    stuck.current = false; // one goes on where one is
    drawFrom(from - DRAWN);
    redraw((count) => count + 1);
    return from > 0;
  };

  // A growing composer, a keyboard on a phone or a turned one must not hide the newest words.
  useLayoutEffect(() => {
    const element = log.current;
    if (!element || typeof ResizeObserver === "undefined") return undefined;
    const observer = new ResizeObserver(() => {
      if (stuck.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    // A chart that comes later grows what is inside.
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);

  const onScroll = (): void => {
    const element = log.current;
    if (!element) return;
    const up = element.scrollTop < scrolledTo.current;
    scrolledTo.current = element.scrollTop;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= NEAR_PX;
    // What grew by itself (a chart, a smaller window) has not been left: only a scroll upwards leaves the end.
    if (atEnd === stuck.current || (!atEnd && !up)) return;
    stuck.current = atEnd;
    setLeftAt(atEnd ? null : (last?.key ?? ""));
  };

  const missed = leftAt === null ? 0 : newSince(items, leftAt);
  return { log, onScroll, toEnd, away: leftAt !== null, missed, from, earlier };
}

/** A screen reader is told of changes a little after they are drawn. */
const SETTLE_MS = 200;

/**
 * Whether the log speaks: not while what was said before comes in, nor when earlier words are put above it. Both draw
 * anew what has been heard or read already.
 */
function useLive(items: readonly Item[], from: number, loading: boolean): "polite" | "off" {
  const shown = loading ? "loading" : (items[from]?.key ?? "empty");
  const [settled, setSettled] = useState(shown);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(shown), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [shown]);
  // Upper ones that are left out are no news either, and what is said meanwhile is heard.
  const isLeftOut = items.slice(0, from).some(({ key }) => key === settled);
  return !loading && (settled === shown || settled === "empty" || isLeftOut) ? "polite" : "off";
}

/** How many of the other side's words came after that item. */
export function newSince(items: readonly Item[], key: string): number {
  const at = items.findIndex((item) => item.key === key);
  return items.slice(at + 1).filter((item) => !item.mine && isSaid(item)).length;
}

function Skeleton({ t }: { readonly t: Texts }) {
  return (
    <div aria-busy="true">
      <span class="wl-hidden">{t.loading}</span>
      {["", "wl-group-own", ""].map((side) => (
        <div class={`wl-group ${side}`} aria-hidden="true">
          <div class="wl-bubble wl-skeleton-bubble" />
        </div>
      ))}
    </div>
  );
}

/** A conversation as it stands: said politely to a screen reader, kept at its end unless one reads further up. */
export function MessageList(props: MessageListProps) {
  const { view, t, now, zone, side = "client", notes = [] } = props;
  const { items } = view;
  const { log, onScroll, toEnd, away, missed, from, earlier } = useBottom(
    items,
    view.typing.length + notes.length,
    props.wanted,
  );
  const drawn = items.slice(from);

  const live = useLive(items, from, view.loading);

  const nameOfId = props.nameOfId ?? ((id: string) => id);
  const nameOf = props.senderLabel ?? ((item: Item) => item.name ?? (item.side === "client" ? props.name : t.support));
  const nameOfActor = (item: Item): string => (item.side === "client" ? props.name : nameOf(item));
  const context: MessageContext = {
    t,
    zone,
    side,
    nameOf,
    card: props.card,
    fileAddress: props.fileAddress ?? (() => null),
    uploads: props.uploads ?? {},
    onRetry: props.onRetry,
    onDiscard: props.onDiscard,
  };
  const rows = rowsOf(drawn, {
    ...(__DESK__ && { notes: from > 0 ? notes.filter(({ at }) => at >= (drawn[0] as Item).at) : notes }),
    firstUnread: view.firstUnreadKey,
    without: props.without ?? [],
  });

  return (
    <div class="wl-log-frame">
      <div
        ref={log}
        class="wl-log"
        role="log"
        aria-live={live}
        aria-relevant="additions"
        aria-label={t.messagesWith(props.name)}
        tabIndex={0}
        onScroll={onScroll}
        data-testid="messages"
      >
        <div class="wl-log-inside">
          {(from > 0 || view.hasOlder) && (
            <div class="wl-earlier">
              <Button kind="quiet" onClick={() => earlier() || props.onOlder()}>
                {t.loadEarlier}
              </Button>
            </div>
          )}
          {view.loading && rows.length === 0 && <Skeleton t={t} />}
          {view.empty &&
            rows.length === 0 &&
            !view.loading &&
            (props.emptyState ?? <EmptyState title={t.emptyTitle} text={t.emptyText} />)}
          {rows.map((row) => {
            switch (row.row) {
              case "day":
                return (
                  <div key={row.key} class="wl-day">
                    <span>{dayLabel(t.lang, row.at, now, t, zone)}</span>
                  </div>
                );
              case "unread":
                return (
                  <div key={row.key} class="wl-unread-line">
                    <span>{t.newLine}</span>
                  </div>
                );
              case "event":
                return (
                  <div key={row.key} class="wl-event">
                    {eventText(row.item, t, nameOfActor, nameOfId)} ·{" "}
                    <span class="wl-time">{clock(t.lang, row.item.at, zone)}</span>
                  </div>
                );
              case "note":
                return (
                  __DESK__ && (
                    <div key={row.key} class="wl-note" data-testid="note">
                      <span class="wl-note-head">{t.noteBy(row.note.name ?? row.note.agent)}</span> {row.note.text}{" "}
                      <span class="wl-time wl-muted">{clock(t.lang, row.note.at, zone)}</span>
                    </div>
                  )
                );
              case "said":
                return <Message key={row.key} item={row.item} ends={row.ends} context={context} />;
            }
          })}
          <TypingLine names={view.typing.map((who) => who.name ?? props.name)} t={t} />
        </div>
      </div>
      {away && (
        <div class="wl-new">
          <Button
            kind={missed > 0 ? "primary" : "plain"}
            onClick={toEnd}
            aria-label={missed > 0 ? undefined : t.toNewest}
          >
            {missed > 0 && t.newMessages(missed)}
            <Drawing path={ARROW_DOWN} />
          </Button>
        </div>
      )}
    </div>
  );
}

/** Who writes just now; its place is kept free, so that nothing jumps when it comes and goes. */
export function TypingLine({ names, t }: { readonly names: readonly string[]; readonly t: Texts }) {
  return (
    <div class="wl-typing" data-testid="typing">
      {names.length > 0 && (
        <>
          <span class="wl-typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span>{t.typing(names)}</span>
        </>
      )}
    </div>
  );
}

interface EmptyStateProps {
  readonly title: string;
  readonly text: string;
  readonly children?: ComponentChildren;
}

/** Nothing here, said kindly, and what to do about it. */
export function EmptyState({ title, text, children }: EmptyStateProps) {
  return (
    <div class="wl-empty">
      <strong>{title}</strong>
      <span>{text}</span>
      {children}
    </div>
  );
}
