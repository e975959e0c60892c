import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import type { ConversationView, Item } from "../core/view.ts";
import { Button } from "./button.tsx";
import { ARROW_DOWN, Drawing } from "./drawing.tsx";
import { clock, dayLabel, type Zone } from "./format.ts";
import { Icon } from "./icon.tsx";
import { splitAtMentions } from "./mentions.ts";
import { eventText, type FileAddress, Message, type MessageContext, type MessageParts } from "./message.tsx";
import type { Texts } from "./messages.ts";
import { isSaid, rowsOf, type ShownNote } from "./rows.ts";

interface MessageListProps {
  readonly view: ConversationView;
  readonly t: Texts;
  /** The other side's name, for the log's label. */
  readonly name: string;
  readonly now: number;
  readonly zone?: Zone;
  /** Whose screen it is. */
  readonly side?: "client" | "agent";
  /** The name beside the other side's messages; an agent's display name by default. */
  readonly senderLabel?: (item: Item) => string;
  readonly nameOfId?: (id: string) => string;
  readonly notes?: readonly ShownNote[];
  /** The names of those whom a note can mention. */
  readonly mentionable?: readonly string[];
  readonly without?: readonly string[];
  readonly card?: (item: Item) => ComponentChildren;
  /** Stands below the messages and scrolls with them. */
  readonly end?: ComponentChildren;
  /** The desk's: what can be done with a message. */
  readonly tools?: (item: Item) => ComponentChildren;
  /** Says on paper that earlier messages are missing. */
  readonly notPrinted?: string;
  /** Returns a file's URL; null while there is none. */
  readonly fileAddress?: FileAddress;
  readonly parts: MessageParts;
  /** Whether what is not sent waits for a connection. */
  readonly isWaiting?: boolean;
  /** Progress of uploads, 0 to 1, by message id. */
  readonly uploads?: Readonly<Record<string, number>>;
  /** The seq of a searched entry, which is always drawn. */
  readonly wanted?: number | undefined;
  readonly onRetry: (id: string) => void;
  readonly onDiscard: (id: string) => void;
  readonly onOlder: () => void;
}

/** Within this distance of the end the list follows new messages. */
const NEAR_PX = 48;

/** Items drawn at first, and more at each request. */
export const DRAWN = 50;
/** So many more may come before upper ones are left out again. */
const SPARE = 50;

interface Reader {
  /** The key of the first item drawn before; null for all. */
  readonly first: string | null;
  readonly atEnd: boolean;
  /** The seq of an item that must be drawn. */
  readonly wanted?: number | undefined;
}

/** Return the index of the first item to draw. Visible items are never left out. */
export function drawnFrom(items: readonly Item[], { first, atEnd, wanted }: Reader): number {
  let from = Math.max(
    0,
    items.findIndex(({ key }) => key === first),
  );
  if (atEnd && items.length - from > DRAWN + SPARE) from = items.length - DRAWN;
  const place = items.findIndex(({ seq }) => seq === wanted);
  return place < 0 ? from : Math.min(from, place);
}

/** Where a reader had scrolled up to in a conversation. */
interface Place {
  /** The key of the first drawn item; null for all. */
  readonly first: string | null;
  /** The message at the top of the log, and its distance from it. */
  readonly id: string;
  readonly px: number;
  readonly leftAt: string;
}
/** So many conversations keep their place. */
const MAX_PLACES = 200;
const places = new Map<string, Place>();

/** Return the place where the reader left the conversation, unless its message is no longer here. */
function placeIn({ client, items }: ConversationView): Place | undefined {
  const place = places.get(client);
  return place && items.some(({ id }) => id === place.id) ? place : undefined;
}

/** Remember the place in a conversation that leaves the screen. Args: leftAt: null at the end, which needs no place. */
function keepPlace(client: string, log: HTMLElement, { first, leftAt }: Left): void {
  places.delete(client);
  if (leftAt === null) return;
  const { top } = log.getBoundingClientRect();
  for (const message of log.querySelectorAll<HTMLElement>("[data-id]")) {
    const box = message.getBoundingClientRect();
    if (box.bottom <= top) continue;
    places.set(client, { first, id: message.dataset.id ?? "", px: box.top - top, leftAt });
    break;
  }
  for (const oldest of [...places.keys()].slice(0, -MAX_PLACES)) places.delete(oldest);
}

type Left = Pick<Place, "first"> & { readonly leftAt: string | null };

/** Return the place that the reader left, if any. A client's chat has one conversation. */
const useKept = __DESK__
  ? (view: ConversationView, wanted?: number) => useState(() => (wanted === undefined ? placeIn(view) : undefined))[0]
  : (): Place | undefined => undefined;

/** Scroll to the place that was left, and keep the one that is left now. */
const useKeeping = __DESK__
  ? (log: RefObject<HTMLElement | null>, client: string, kept: Place | undefined, now: Left): void => {
      const left = useRef(now);
      left.current = now;
      useLayoutEffect(() => {
        const element = log.current;
        if (!element) return undefined;
        const message = kept && element.querySelector(`[data-id="${kept.id}"]`);
        const topOf = (one: Element): number => one.getBoundingClientRect().top;
        if (message) element.scrollTop += topOf(message) - topOf(element) - kept.px;
        return () => keepPlace(client, element, left.current);
      }, []);
    }
  : (): void => {};

/** Return whether the page is being printed: then everything loaded is drawn. */
const usePrinting = __DESK__
  ? (): boolean => {
      const [isPrinting, setPrinting] = useState(false);
      useEffect(() => {
        const [begin, end] = [() => setPrinting(true), () => setPrinting(false)];
        addEventListener("beforeprint", begin);
        addEventListener("afterprint", end);
        return () => {
          removeEventListener("beforeprint", begin);
          removeEventListener("afterprint", end);
        };
      }, []);
      return isPrinting;
    }
  : (): boolean => false;

function useBottom(items: readonly Item[], othersTyping: number, wanted: number | undefined, view: ConversationView) {
  const kept = useKept(view, wanted);
  const log = useRef<HTMLDivElement>(null);
  const stuck = useRef(!kept);
  const scrolledTo = useRef([0, 0]);
  const before = useRef<{ height: number; first: string | undefined; last: string | undefined }>({
    height: 0,
    first: undefined,
    last: undefined,
  });
  /** The last item seen at the end; null while the end is in view. */
  const [leftAt, setLeftAt] = useState<string | null>(kept?.leftAt ?? null);
  const last = items[items.length - 1];
  /** The key of the first drawn item; null when all are drawn. */
  const top = useRef<string | null>(kept?.first ?? null);
  const [, redraw] = useState(0);
  const isPrinting = usePrinting();
  const shownFrom = drawnFrom(items, { first: top.current, atEnd: stuck.current, wanted });
  const from = isPrinting ? 0 : shownFrom;
  const first = items[from]?.key;
  const drawFrom = (place: number): void => {
    top.current = place > 0 ? (items[place]?.key ?? null) : null;
  };
  drawFrom(shownFrom);

  const toEnd = (): void => {
    const element = log.current;
    if (!element) return;
    stuck.current = true;
    element.scrollTop = element.scrollHeight;
    setLeftAt(null);
  };

  useKeeping(log, view.client, kept, { first: top.current, leftAt });

  useLayoutEffect(() => {
    const element = log.current;
    if (!element) return;
    const was = before.current;
    const appended = last?.key !== was.last;
    if (stuck.current || (appended && last?.mine && last.tick === "sending")) toEnd();
    else if (first !== was.first && !appended) element.scrollTop += element.scrollHeight - was.height;
    before.current = { height: element.scrollHeight, first, last: last?.key };
  }, [items, first, othersTyping]);

  /** Draw more loaded items; return false when all were drawn. */
  const earlier = (): boolean => {
    stuck.current = false; // keeps the place
    drawFrom(from - DRAWN);
    redraw((count) => count + 1);
    return from > 0;
  };

  // A growing composer or an opening keyboard must not hide the newest messages.
  useLayoutEffect(() => {
    const element = log.current;
    if (!element || typeof ResizeObserver === "undefined") return undefined;
    const observer = new ResizeObserver(() => {
      if (stuck.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    // A late chart makes the content taller.
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);

  const onScroll = (): void => {
    const element = log.current;
    if (!element) return;
    const [was, furthest] = scrolledTo.current;
    const end = element.scrollHeight - element.clientHeight;
    const up = element.scrollTop < (was ?? 0) && end === furthest;
    scrolledTo.current = [element.scrollTop, end];
    const atEnd = end - element.scrollTop <= NEAR_PX;
    // Only scrolling up leaves the end, not content that grows, nor a phone that is turned.
    if (atEnd === stuck.current || (!atEnd && !up)) return;
    stuck.current = atEnd;
    setLeftAt(atEnd ? null : (last?.key ?? ""));
  };

  const missed = leftAt === null ? 0 : newSince(items, leftAt);
  return { log, onScroll, toEnd, away: leftAt !== null, missed, from, earlier, isPrinting };
}

/** Screen readers report changes shortly after they are drawn. */
const SETTLE_MS = 200;

/** Return whether a screen reader announces additions: not history that loads, nor older messages put above. */
function useLive(items: readonly Item[], from: number, loading: boolean): "polite" | "off" {
  const shown = loading ? "loading" : (items[from]?.key ?? "empty");
  const [settled, setSettled] = useState(shown);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(shown), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [shown]);
  // Items no longer drawn at the top are no news either.
  const isLeftOut = items.slice(0, from).some(({ key }) => key === settled);
  return !loading && (settled === shown || settled === "empty" || isLeftOut) ? "polite" : "off";
}

/** Return how many messages of the other side came after that item. */
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

/** Show a conversation and stay at its end unless the reader scrolls up. */
export function MessageList(props: MessageListProps) {
  const { view, t, now, zone, side = "client", notes = [] } = props;
  const { items } = view;
  const { log, onScroll, toEnd, away, missed, from, earlier, isPrinting } = useBottom(
    items,
    view.typing.length + notes.length,
    props.wanted,
    view,
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
    items,
    card: props.card,
    ...(__DESK__ && { tools: props.tools }),
    fileAddress: props.fileAddress ?? (() => null),
    uploads: props.uploads ?? {},
    isWaiting: props.isWaiting ?? false,
    parts: props.parts,
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
              {__DESK__ && isPrinting ? (
                props.notPrinted
              ) : (
                <Button kind="quiet" onClick={() => earlier() || props.onOlder()}>
                  {t.loadEarlier}
                </Button>
              )}
            </div>
          )}
          {view.loading && rows.length === 0 && <Skeleton t={t} />}
          {__DESK__ && view.empty && rows.length === 0 && !view.loading && (
            <EmptyState title={t.emptyTitle} text={t.emptyText} />
          )}
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
                  <div key={row.key} class="wl-day wl-unread-line">
                    <span>{t.newLine}</span>
                  </div>
                );
              case "event":
                return (
                  <div key={row.key} class="wl-event" data-seq={row.item.seq}>
                    {eventText(row.item, t, nameOfActor, nameOfId)} ·{" "}
                    <span class="wl-time">{clock(t.lang, row.item.at, zone)}</span>
                  </div>
                );
              case "note":
                return (
                  __DESK__ && (
                    <div key={row.key} class="wl-note" data-testid="note">
                      <div class="wl-note-head">
                        <Icon name="lock" />
                        <span class="wl-time">
                          {t.noteBy((row.note.name ?? row.note.agent).split(" ", 1).join())} ·{" "}
                          {clock(t.lang, row.note.at, zone)}
                        </span>
                      </div>
                      {splitAtMentions(row.note.text, props.mentionable ?? []).map((part, place) =>
                        place % 2 === 1 ? <b>{part}</b> : part,
                      )}
                    </div>
                  )
                );
              case "said":
                return <Message key={row.key} item={row.item} ends={row.ends} context={context} />;
            }
          })}
          {props.end}
          <TypingLine names={view.typing.map((who) => who.name ?? props.name)} t={t} />
        </div>
      </div>
      {away && (
        <div class="wl-new">
          <Button kind={missed > 0 ? "primary" : "plain"} onClick={toEnd} {...(missed === 0 && { label: t.toNewest })}>
            {missed > 0 && t.newMessages(missed)}
            <Drawing path={ARROW_DOWN} />
          </Button>
        </div>
      )}
    </div>
  );
}

/** Show who is typing; the space is reserved, so that nothing moves. */
function TypingLine({ names, t }: { readonly names: readonly string[]; readonly t: Texts }) {
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
  readonly text: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** Say that there is nothing here, and what to do. */
export function EmptyState({ title, text, children }: EmptyStateProps) {
  return (
    <div class="wl-empty">
      <strong>{title}</strong>
      <span>{text}</span>
      {children}
    </div>
  );
}
