import type { ComponentChildren } from "preact";

import type { Item, Tick } from "../core/view.ts";
import { roleOf } from "../protocol/ids.ts";
import type { Entry } from "../protocol/payloads.ts";
import { Avatar } from "./avatar.tsx";
import { CHECK, CHECKS, CLOCK, Drawing, ROBOT, WARNING } from "./drawing.tsx";
import { clock, type Zone } from "./format.ts";
import type { Texts } from "./messages.ts";
import { personClass } from "./person.ts";
import { pieces } from "./rows.ts";

/** Returns the URL of a file, or of its thumbnail. */
export type FileAddress = (file: string, thumb?: boolean) => string | null;

export interface RareBodyProps {
  readonly item: Item;
  readonly look: string;
  readonly context: MessageContext;
}

export interface FailedProps {
  readonly t: Texts;
  readonly item: Item;
  readonly onRetry: (id: string) => void;
  readonly onDiscard: (id: string) => void;
}

/** Components that only some messages need; the widget loads them later. */
export interface MessageParts {
  readonly RareBody: (props: RareBodyProps) => ComponentChildren;
  readonly Failed: (props: FailedProps) => ComponentChildren;
}

export interface MessageContext {
  readonly t: Texts;
  readonly zone: Zone;
  /** Whose screen it is; that side's messages are at the right. */
  readonly side: "client" | "agent";
  readonly nameOf: (item: Item) => string;
  /** Of the conversation, for a quotation's source. */
  readonly items: readonly Item[];
  readonly card: ((item: Item) => ComponentChildren) | undefined;
  readonly fileAddress: FileAddress;
  readonly uploads: Readonly<Record<string, number>>;
  /** Whether what is not sent waits for a connection. */
  readonly isWaiting: boolean;
  readonly parts: MessageParts;
  /** The desk's: what can be done with a message. */
  readonly tools?: ((item: Item) => ComponentChildren) | undefined;
  readonly onRetry: (id: string) => void;
  readonly onDiscard: (id: string) => void;
}

const SIGNS: Record<Tick, string> = { sending: CLOCK, stored: CHECK, delivered: CHECKS, read: CHECKS, failed: WARNING };

/** Return a tick in words, for those who cannot see the sign. An agent is told when it was read. */
export function tickText({ tick, seenAt }: Pick<Item, "tick" | "seenAt">, { t, side, zone }: MessageContext): string {
  if (__DESK__ && side === "agent" && tick === "read" && seenAt !== null) return t.seenAt(clock(t.lang, seenAt, zone));
  const words = { sending: t.sending, stored: t.stored, delivered: t.delivered, read: t.seen, failed: t.notSent };
  return tick ? words[tick] : "";
}

export function Words({ text }: { readonly text: string }) {
  return (
    <>
      {pieces(text).map(({ text: words, href }) =>
        href ? (
          <a href={href} target="_blank" rel="noopener noreferrer nofollow ugc">
            {words}
          </a>
        ) : (
          words
        ),
      )}
    </>
  );
}

function Body({ item, context }: { readonly item: Item; readonly context: MessageContext }) {
  const { t } = context;
  if (item.deleted) return <div class="wl-bubble wl-bubble-gone">{t.deletedText}</div>;
  const look =
    item.tick === "failed"
      ? "wl-bubble wl-failed"
      : isAutomatic(item)
        ? "wl-bubble wl-automatic"
        : item.tick === "sending"
          ? "wl-bubble wl-sending"
          : "wl-bubble";
  if (item.kind === "text" && !item.text.startsWith("> ")) {
    return (
      <div class={look} dir="auto">
        <Words text={item.text} />
      </div>
    );
  }
  if (item.kind === "card") return <>{context.card?.(item) ?? (__DESK__ && <div class={look}>{t.card}</div>)}</>;
  if (item.kind === "text" || item.body.file) return <context.parts.RareBody {...{ item, look, context }} />;
  return <div class={item.kind === "rating" ? look : "wl-bubble wl-bubble-gone"}>{plainText(item, t, "")}</div>;
}

const isAutomatic = (item: Item): boolean => roleOf(item.sender) === "bot";

/** Return the sender; a bot's name does not look like a person's. */
export const whoSaid = (item: Item, { t, nameOf }: MessageContext): string =>
  isAutomatic(item) ? t.automatic : nameOf(item);

/** Show sender and time under a group; hidden from screen readers. */
function Meta({ last, context }: { readonly last: Item; readonly context: MessageContext }) {
  const { t, zone, side, isWaiting } = context;
  // Agents share a conversation: theirs are told apart by name.
  const who = (__DESK__ && side === "agent") || !last.mine ? whoSaid(last, context) : "";
  const isSending = last.tick === "sending";
  const edited = last.edited ? t.edited : "";
  const facts = [who, isSending ? "" : clock(t.lang, last.at, zone), edited].filter(Boolean);
  return (
    <div class="wl-meta" aria-hidden="true">
      {facts.join(" · ")}
      {last.tick && (
        <>
          {facts.length > 0 && " · "}
          <span class={last.tick === "read" ? "wl-meta-seen" : undefined}>
            <Drawing path={SIGNS[last.tick]} /> {isSending && isWaiting ? t.waits : tickText(last, context)}
          </span>
        </>
      )}
    </div>
  );
}

/** The picture beside a group. */
function Face({ item, context }: { readonly item: Item; readonly context: MessageContext }) {
  return isAutomatic(item) ? (
    <span class="wl-avatar wl-avatar-small wl-avatar-robot">
      <Drawing path={ROBOT} />
    </span>
  ) : (
    <Avatar name={context.nameOf(item)} id={item.sender} small />
  );
}

interface MessageProps {
  readonly item: Item;
  /** Whether a group ends with this item. */
  readonly ends: boolean;
  readonly context: MessageContext;
}

/** Show one message; sender, time and tick come before it as text for screen readers. */
export function Message({ item, ends, context }: MessageProps) {
  const { t, zone, side } = context;
  const tick = tickText(item, context).toLocaleLowerCase(t.lang);
  const who = item.mine ? t.you : whoSaid(item, context);
  const near = item.side === side;
  const look = [
    "wl-group",
    ends ? "" : "wl-group-on",
    near ? "wl-group-own" : "",
    ...(__DESK__ && side === "agent" ? ["wl-group-desk", isAutomatic(item) ? "" : personClass(item.sender)] : []),
  ];
  return (
    <div class={look.filter(Boolean).join(" ")} data-from={item.sender}>
      <div
        class="wl-message"
        data-testid="message"
        data-id={item.id}
        data-seq={item.seq ?? undefined}
        data-tick={item.tick ?? undefined}
      >
        <span class="wl-hidden">{t.says(who, clock(t.lang, item.at, zone), tick)}: </span>
        <Body item={item} context={context} />
        {__DESK__ && context.tools?.(item)}
        {ends && (!near || (__DESK__ && side === "agent")) && <Face item={item} context={context} />}
        {item.tick === "failed" && (
          <context.parts.Failed {...{ t, item, onRetry: context.onRetry, onDiscard: context.onDiscard }} />
        )}
      </div>
      {ends && item.tick !== "failed" && <Meta last={item} context={context} />}
    </div>
  );
}

/** Return an internal event of the desk in words; "" for others. */
function innerText({ kind, body, sender }: Item, t: Texts, who: string, nameOfId: (id: string) => string): string {
  const { was, to } = body as Partial<Entry>;
  if (kind === "opened" && was) return t.openedWas(was);
  if (kind === "joined") return t.joined(who);
  if (kind !== "assigned") return "";
  if (!to) return t.unassigned(who);
  return to === sender ? t.assignedSelf(who) : t.assigned(who, nameOfId(to));
}

/** Return an event in one sentence. */
export function eventText(
  item: Item,
  t: Texts,
  nameOf: (item: Item) => string,
  nameOfId: (id: string) => string,
): string {
  const who = item.mine ? t.you : nameOf(item);
  return (__DESK__ && innerText(item, t, who, nameOfId)) || plainText(item, t, who);
}

function plainText(item: Item, t: Texts, who: string): string {
  const { rating } = item.body;
  if (rating) return [t.rating(rating.score), rating.text].filter(Boolean).join(": ");
  switch (item.kind) {
    case "opened":
      return t.opened;
    case "resolved":
      return t.resolved(who);
    case "reopened":
      return t.reopened(who);
    case "erased":
      return t.erased;
    default:
      return t.unknownKind;
  }
}
