/** The chat, drawn from one state and the actions. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import type { ConversationView } from "../core/view.ts";
import type { AreaOutage } from "../link/client-link.ts";
import { ACCEPTED } from "../link/uploads.ts";
import type { Card } from "../protocol/kinds.ts";
import type { DeskNotice } from "../protocol/payloads.ts";
import { inLang } from "../protocol/translated.ts";
import { FilePicker, useDropped } from "../ui/attachments.tsx";
import { Button } from "../ui/button.tsx";
import type { CardChartProps } from "../ui/card-chart.tsx";
import { Composer } from "../ui/composer.tsx";
import { type Connection, ConnectionBar, useLost } from "../ui/connection-bar.tsx";
import { BARS, CLIP, Drawing } from "../ui/drawing.tsx";
import { cardTitle } from "../ui/format.ts";
import type { MessageParts } from "../ui/message.tsx";
import { MessageList } from "../ui/message-list.tsx";
import type { Texts, WidgetTexts } from "../ui/messages.ts";
import type { ChatActions } from "./actions.ts";
import { Head } from "./head.tsx";
import { Home, opensAtHome } from "./home.tsx";
import { Lazy, loadLater } from "./lazy.tsx";
import { endOf, hasOpenQuestion } from "./strips.ts";
import { platformZone } from "./zone.ts";

export interface ChatState {
  readonly view: ConversationView;
  readonly connection: Connection;
  readonly notice: DeskNotice | null;
  /** The notice of an outage in the client's area. */
  readonly outage: AreaOutage | null | undefined;
  readonly draft: string;
  /** The period to send with the next text. */
  readonly card: Card | null;
  readonly now: number;
  readonly muted: boolean;
  readonly permission: NotificationPermission | null;
  /** Progress of uploads, 0 to 1, by message id. */
  readonly uploads: Readonly<Record<string, number>>;
  /** The client's first name; empty when unknown. */
  readonly name: string;
  /** Whether the person is signed in; before, only texts can be stored. */
  readonly isKnown: boolean;
  /** Whether it was open on the page before. */
  readonly isReopened: boolean;
  /** Whether to ask a guest for a name. */
  readonly asksName: boolean;
}

interface ChatProps {
  readonly t: Texts;
  readonly wt: WidgetTexts;
  readonly shown: ChatState;
  readonly acts: ChatActions;
}

export function Chat({ t, wt, shown, acts }: ChatProps) {
  const frame = useRef<HTMLElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  /** What is open between messages and field. */
  const [tool, setTool] = useState<"days" | "emoji" | null>(null);
  const [wantsHome, setHome] = useState<boolean | null>(null);
  /** All that was chosen since the part for files is shown. */
  const [files, setFiles] = useState<readonly File[] | null>(null);
  /** While that part is missing: whether loading it failed. */
  const [isMissing, setMissing] = useState<boolean | null>(null);
  const toField = (): void => field.current?.focus({ preventScroll: true });
  // Moves the focus when its element is gone. On a phone the keyboard would cover the conversation.
  const goOn = (): void => {
    if (matchMedia("(pointer: coarse)").matches) frame.current?.focus({ preventScroll: true });
    else toField();
  };
  useLayoutEffect(() => {
    frame.current?.showPopover?.(); // in the top layer, as the launcher
    if (!shown.isReopened) goOn();
    return followKeyboard(frame.current);
  }, []);

  const { view, card, isKnown, connection, outage } = shown;
  const { client } = view;
  const isLost = useLost(connection);
  const load = useMemo(
    () =>
      ({ from, to }: Card, step: "hour" | "day") =>
        acts.consumption(from, to, step),
    [acts, client],
  );
  const take = async (chosen: readonly File[]): Promise<void> => {
    setMissing(false);
    let isLeft = null;
    try {
      await loadLater();
      setFiles((others) => [...(others ?? []), ...chosen]);
    } catch {
      // Documents only: a photo may tell where it was taken, and HEIC may have no type.
      for (const file of chosen) if (!/^(app|text)/.test(file.type) || !(await acts.attach(file))) isLeft = true;
    }
    setMissing(isLeft);
  };
  const { isOver, on } = useDropped(isKnown ? take : null);
  const waiting = (failed: boolean) => (
    <div class="wl-meta" role="status">
      {failed ? t.notLoaded : t.loading}
    </div>
  );
  const choose = (chosen: Card | null): void => {
    acts.choose(chosen);
    setTool(null);
  };
  const nameOfId = (id: string): string =>
    shown.notice?.agents.find((agent) => agent.id === id)?.name ??
    view.items.find(({ sender }) => sender === id)?.name ??
    t.support;
  // What was pressed is gone then.
  const show = (home: boolean): void => {
    setHome(home);
    goOn();
  };
  const say = (text: string): void => {
    acts.say(text);
    show(false);
  };
  const isHome = wantsHome ?? opensAtHome(view, shown.now);
  const end = endOf(view.items);
  const replies = end === "none" && repliesOf(view);
  // Tells screen readers what appears under the log; a permanent region is announced reliably.
  const told = {
    rated: wt.thanks,
    rate: wt.howWasIt,
    none: replies && `${wt.quickReplies}: ${replies.join(", ")}`,
  }[end];
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
        if (tool) {
          setTool(null);
          toField();
        } else acts.close();
      }}
    >
      <Head
        wt={wt}
        notice={shown.notice}
        line={isLost ? "offline" : connection.state}
        now={shown.now}
        muted={shown.muted}
        permission={shown.permission}
        name={shown.name}
        isHome={isHome}
        onBack={() => show(true)}
        acts={acts}
        client={client}
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
        action={
          connection.reason === "signed_out"
            ? { label: wt.reload, run: () => location.reload() }
            : { label: t.tryNow, run: acts.tryNow }
        }
      />
      <div role="status">
        {outage && (
          <Lazy part="outage" props={{ lang: t.lang, outage, client, rest: acts.rest() }}>
            {() => <div class="wl-line">{inLang(outage.text, t.lang)}</div>}
          </Lazy>
        )}
      </div>
      {isHome ? (
        <Home
          wt={wt}
          view={view}
          now={shown.now}
          nameOf={(item) => (item.mine ? t.you : (item.name ?? t.support))}
          onShow={() => show(false)}
          ask={say}
        />
      ) : (
        <MessageList
          view={view}
          t={t}
          name={wt.title}
          now={shown.now}
          nameOfId={nameOfId}
          parts={parts}
          card={(item) => item.body.card && <CardOf {...{ t, load }} card={item.body.card} now={shown.now} />}
          fileAddress={(file, thumb) => acts.address(`/api/files/${file}${thumb ? "?thumb=1" : ""}`)}
          uploads={shown.uploads}
          isWaiting={connection.state !== "live"}
          onRetry={(id) => {
            acts.retry(id);
            goOn();
          }}
          onDiscard={(id) => {
            acts.discard(id);
            goOn();
          }}
          onOlder={acts.older}
          without={end === "rated" ? ["rating"] : []}
          end={
            end !== "none" && (
              <Lazy
                part="ending"
                props={{ wt, isRated: end === "rated", items: view.items, onRate: acts.rate, onDone: goOn }}
              />
            )
          }
        />
      )}
      <div role="status" class="wl-hidden">
        {told}
      </div>
      {!isHome && replies && <Lazy part="replies" props={{ wt, replies, onChoose: say }} />}
      {tool === "emoji" ? (
        <Lazy
          part="emoji"
          props={{
            lang: t.lang,
            onChoose(emoji) {
              acts.type(shown.draft + emoji);
              setTool(null);
              toField();
            },
          }}
        />
      ) : tool === "days" ? (
        <Lazy
          part="days"
          props={{
            t,
            load: acts.consumption,
            now: shown.now,
            onChoose: choose,
            onClose: () => choose(card),
            onGone: toField,
          }}
        >
          {waiting}
        </Lazy>
      ) : isHome || end !== "none" ? null : (
        (shown.asksName && !replies && (
          <Lazy
            part="naming"
            props={{
              wt,
              client,
              rest: acts.rest(),
              onDone() {
                acts.nameAsked();
                toField();
              },
            }}
          />
        )) ||
        (hasOpenQuestion(view) && (
          <Lazy
            part="wait"
            props={{
              lang: t.lang,
              client,
              rest: acts.rest(),
              isAway: shown.notice?.agents.length === 0,
              acts,
              permission: shown.permission,
              onDone: toField,
            }}
          />
        ))
      )}
      {files && (
        <Lazy
          part="files"
          props={{
            lang: t.lang,
            files,
            attach: acts.attach,
            say,
            onDone: () => setFiles(null),
            onGone: toField,
          }}
        />
      )}
      {isMissing !== null && waiting(isMissing)}
      <Composer
        t={t}
        draft={shown.draft}
        onInput={acts.type}
        onSend={(text) => {
          setHome(false);
          acts.send(text);
        }}
        fieldRef={field}
        sendsEmpty={card !== null}
        above={
          <>
            {card && <Lazy part="chosen" props={{ t, card, zone: platformZone.value, onRemove: () => choose(null) }} />}
            {isOver && <Lazy part="drop" props={{ lang: t.lang }} />}
          </>
        }
        tools={
          isKnown && (
            <>
              <FilePicker
                accept={ACCEPTED}
                take={take}
                button={(open) => (
                  <Button kind="quiet" icon label={wt.attachLabel} onClick={open}>
                    <Drawing path={CLIP} />
                  </Button>
                )}
              />
              <Button
                kind="quiet"
                icon
                label={wt.addEmoji}
                aria-expanded={tool === "emoji"}
                onClick={() => setTool(tool === "emoji" ? null : "emoji")}
              >
                <Drawing path={SMILE} />
              </Button>
              {client.startsWith("c-") && (
                <Button
                  kind="quiet"
                  icon
                  label={wt.shareDay}
                  aria-expanded={tool === "days"}
                  onClick={() => setTool(tool === "days" ? null : "days")}
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
          <figcaption>{failed ? t.notLoaded : t.loading}</figcaption>
        </figure>
      )}
    </Lazy>
  );
}

/** Keep the panel above a phone's keyboard; returns how to stop. */
function followKeyboard(panel: HTMLElement | null): () => void {
  const view = globalThis.visualViewport;
  const fit = (): void => {
    panel?.style.setProperty("--wl-view-height", `${view?.height}px`);
    panel?.style.setProperty("--wl-view-top", `${view?.offsetTop}px`);
  };
  const moves = ["resize", "scroll"]; // a phone may scroll the page below its keyboard
  for (const move of moves) view?.addEventListener(move, fit);
  return () => {
    for (const move of moves) view?.removeEventListener(move, fit);
  };
}

const SMILE = "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM7 12q3 2.5 6 0M7.6 8v.1M12.4 8v.1";

/** Parts of messages that load later. */
const parts: MessageParts = {
  RareBody: (props) => (
    <Lazy part="rare" props={props}>
      {() => <div class={props.look}>{props.item.text || props.item.body.file?.name}</div>}
    </Lazy>
  ),
  Failed: (props) => (
    <Lazy part="failed" props={props}>
      {() => <div class="wl-meta">{props.t.notSent}</div>}
    </Lazy>
  ),
};

/** Return the quick replies of the last message. */
function repliesOf(view: ConversationView): readonly string[] | undefined {
  const last = view.items.findLast(({ tick, body }) => tick !== "failed" && body[body.kind as "text"] !== undefined);
  return last?.mine ? undefined : last?.body.replies;
}
