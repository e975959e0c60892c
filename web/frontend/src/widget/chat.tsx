/** The chat, drawn from one state and the actions. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import type { ConversationView } from "../core/view.ts";
import { ACCEPTED } from "../link/uploads.ts";
import type { Card } from "../protocol/kinds.ts";
import type { DeskNotice } from "../protocol/payloads.ts";
import { FilePicker, useDropped } from "../ui/attachments.tsx";
import { Button } from "../ui/button.tsx";
import type { CardChartProps } from "../ui/card-chart.tsx";
import { Composer } from "../ui/composer.tsx";
import { type Connection, ConnectionBar } from "../ui/connection-bar.tsx";
import { BARS, CLIP, CLOSE, Drawing } from "../ui/drawing.tsx";
import { cardTitle } from "../ui/format.ts";
import { MessageList } from "../ui/message-list.tsx";
import type { Texts, WidgetTexts } from "../ui/messages.ts";
import type { Actions } from "./actions.ts";
import { Head } from "./head.tsx";
import { Lazy } from "./lazy.tsx";
import { endOf } from "./strips.ts";
import { platformZone } from "./zone.ts";

export interface ChatState {
  readonly view: ConversationView;
  readonly connection: Connection;
  readonly notice: DeskNotice | null;
  /** The notice of an outage in the client's area. */
  readonly outage: string | null;
  readonly draft: string;
  /** The period to send with the next text. */
  readonly card: Card | null;
  readonly now: number;
  readonly muted: boolean;
  readonly permission: NotificationPermission | null;
  /** Progress of uploads, 0 to 1, by message id. */
  readonly uploads: Readonly<Record<string, number>>;
  /** Whether the person is signed in; before, only texts can be stored. */
  readonly isKnown: boolean;
  /** Whether to ask a guest for a name. */
  readonly asksName: boolean;
}

export interface ChatProps {
  readonly t: Texts;
  readonly wt: WidgetTexts;
  readonly shown: ChatState;
  readonly acts: Actions;
}

export function Chat({ t, wt, shown, acts }: ChatProps) {
  const frame = useRef<HTMLElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const [choosing, setChoosing] = useState(false);
  const [fault, setFault] = useState("");
  const toField = (): void => field.current?.focus({ preventScroll: true });
  // Moves the focus when its element is gone. On a phone the keyboard would cover the conversation.
  const goOn = (): void => {
    if (matchMedia("(pointer: coarse)").matches) frame.current?.focus({ preventScroll: true });
    else toField();
  };
  useLayoutEffect(() => {
    frame.current?.showPopover?.(); // in the top layer, as the launcher
    goOn();
  }, []);

  const { view, card, isKnown } = shown;
  const { client } = view;
  const load = useMemo(
    () =>
      async ({ from, to }: Card, step: "hour" | "day") =>
        (await acts.consumption(from, to, step)).points,
    [acts, client],
  );
  const take = async (files: readonly File[]): Promise<void> => {
    setFault("");
    for (const file of files) if (!(await acts.attach(file))) setFault(wt.tooLarge(file.name));
  };
  const { isOver, on } = useDropped(isKnown ? (files) => void take(files) : null);
  const choose = (chosen: Card | null): void => {
    acts.choose(chosen);
    setChoosing(false);
    toField();
  };
  const nameOfId = (id: string): string =>
    shown.notice?.agents.find((agent) => agent.id === id)?.name ??
    view.items.find(({ sender }) => sender === id)?.name ??
    t.support;
  const say = (text: string): void => {
    acts.say(text);
    goOn();
  };
  const end = endOf(view.items);
  const replies = repliesOf(view);
  // Tells screen readers what appears under the log; a permanent region is announced reliably.
  const told =
    end === "rated"
      ? wt.thanks
      : end === "rate"
        ? wt.howWasIt
        : replies
          ? [wt.quickReplies, replies.join(", ")].join(": ")
          : "";
  const { connection } = shown;
  const why = { signed_out: wt.signedOut, origin: wt.notHere }[connection.reason ?? ""];
  return (
    <section
      ref={frame}
      class="wl-scope wl-panel"
      role="dialog"
      aria-label={wt.title}
      tabIndex={-1}
      popover="manual"
      data-testid="panel"
      {...on}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.stopPropagation();
        acts.close();
      }}
    >
      <Head
        wt={wt}
        notice={shown.notice}
        now={shown.now}
        muted={shown.muted}
        permission={shown.permission}
        acts={acts}
        transcript={
          view.last > 0
            ? (format) => acts.address(`/api/clients/${client}/transcript?format=${format}&lang=${t.lang}`)
            : null
        }
      />
      <ConnectionBar
        t={t}
        connection={why ? { ...connection, reason: why } : connection}
        pending={view.pending}
        memoryOnly={view.keptInMemoryOnly}
        action={{ label: t.tryNow, run: acts.tryNow }}
      />
      <div role="status" class={shown.outage ? "wl-line" : "wl-hidden"}>
        {shown.outage && wt.outage(shown.outage)}
      </div>
      <MessageList
        view={view}
        t={t}
        name={wt.title}
        now={shown.now}
        nameOfId={nameOfId}
        emptyState={<Welcome wt={wt} ask={say} />}
        card={(item) => item.body.card && <CardOf {...{ t, load }} card={item.body.card} now={shown.now} />}
        fileAddress={(file, thumb) => acts.address(`/api/files/${file}${thumb ? "?thumb=1" : ""}`)}
        uploads={shown.uploads}
        isWaiting={shown.connection.state !== "live"}
        onRetry={(id) => {
          acts.retry(id);
          goOn();
        }}
        onDiscard={(id) => {
          acts.discard(id);
          goOn();
        }}
        onOlder={acts.older}
      />
      <div role="status" class="wl-hidden">
        {told}
      </div>
      {replies && <QuickReplies wt={wt} replies={replies} onChoose={say} />}
      {choosing ? (
        <Lazy
          part="days"
          props={{ t, load: acts.consumption, now: shown.now, onChoose: choose, onClose: () => choose(card) }}
        >
          {(failed) => (
            <div class="wl-strip" role="status">
              {failed ? t.chartFailed : t.loading}
            </div>
          )}
        </Lazy>
      ) : end !== "none" ? (
        <Lazy
          key={end}
          part="ending"
          props={{
            wt,
            end,
            onRate(rating) {
              acts.rate(rating);
              goOn();
            },
          }}
        />
      ) : (
        shown.asksName && (
          <Lazy
            part="naming"
            props={{
              wt,
              onName: acts.saveName,
              onDone() {
                acts.nameAsked();
                toField();
              },
            }}
          />
        )
      )}
      <Composer
        t={t}
        draft={shown.draft}
        onInput={acts.type}
        onSend={(text) => {
          setFault("");
          acts.send(text);
        }}
        fieldRef={field}
        sendsEmpty={card !== null}
        above={
          <>
            {card && <Chosen t={t} wt={wt} card={card} onRemove={() => choose(null)} />}
            {isOver && <div class="wl-drop">{wt.dropHere}</div>}
            <div role="status" class="wl-strip-fault">
              {fault}
            </div>
          </>
        }
        tools={
          isKnown && (
            <>
              <FilePicker
                accept={ACCEPTED}
                take={(files) => void take(files)}
                button={(open) => (
                  <Button kind="quiet" icon label={wt.attachLabel} onClick={open}>
                    <Drawing path={CLIP} />
                  </Button>
                )}
              />
              {client.startsWith("c-") && (
                <Button
                  kind="quiet"
                  icon
                  label={wt.shareDay}
                  aria-expanded={choosing}
                  onClick={() => setChoosing(!choosing)}
                >
                  <Drawing path={BARS} />
                </Button>
              )}
            </>
          )
        }
      />
    </section>
  );
}

function CardOf(props: Omit<CardChartProps, "zone">) {
  const { t, card } = props;
  const zone = platformZone.value;
  return (
    <Lazy part="card" props={{ ...props, zone }}>
      {(failed) => (
        <figure class="wl-card">
          <strong>{cardTitle(t.lang, card, zone)}</strong>
          <figcaption>{failed ? t.chartFailed : t.loading}</figcaption>
        </figure>
      )}
    </Lazy>
  );
}

/** Return the quick replies of the last message. */
function repliesOf(view: ConversationView): readonly string[] | undefined {
  const last = view.items.findLast(({ tick, body }) => tick !== "failed" && body[body.kind as "text"] !== undefined);
  return last?.mine ? undefined : last?.body.replies;
}

interface QuickRepliesProps {
  readonly wt: WidgetTexts;
  readonly replies: readonly string[];
  readonly onChoose: (text: string) => void;
}

function QuickReplies({ wt, replies, onChoose }: QuickRepliesProps) {
  return (
    <div class="wl-quick" role="group" aria-label={wt.quickReplies} data-testid="replies">
      {replies.map((reply) => (
        <Button key={reply} onClick={() => onChoose(reply)}>
          {reply}
        </Button>
      ))}
    </div>
  );
}

function Welcome({ wt, ask }: { readonly wt: WidgetTexts; readonly ask: (text: string) => void }) {
  return (
    <div class="wl-welcome">
      <h3>{wt.welcome}</h3>
      <ul aria-label={wt.suggested}>
        {[wt.suggestion1, wt.suggestion2, wt.suggestion3].map((question) => (
          <li key={question}>
            <Button onClick={() => ask(question)}>{question}</Button>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface ChosenProps {
  readonly t: Texts;
  readonly wt: WidgetTexts;
  readonly card: Card;
  readonly onRemove: () => void;
}

/** The period to send with the next text. */
function Chosen({ t, wt, card, onRemove }: ChosenProps) {
  const title = t.cardOf(cardTitle(t.lang, card, platformZone.value));
  return (
    <div class="wl-strip-row wl-chosen" data-testid="chosen">
      <Drawing path={BARS} />
      <span role="status">{title}</span>
      <Button kind="quiet" icon label={wt.remove(title)} onClick={onRemove}>
        <Drawing path={CLOSE} />
      </Button>
    </div>
  );
}
