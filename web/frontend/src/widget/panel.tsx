/** The chat itself: loaded at the first click, drawn in the launcher's shadow root. */

import { effect, signal, type Signal } from "@preact/signals";
import { render } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

import type { ClientLink } from "../link/client-link.ts";
import { writeLocal } from "../link/store.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import chat from "../ui/chat.css";
import { Composer } from "../ui/composer.tsx";
import { ConnectionLine } from "../ui/connection-line.tsx";
import { Icon } from "../ui/icon.tsx";
import { MessageList } from "../ui/message-list.tsx";
import { chooseLang, textsFor, widgetTextsFor, type Texts, type WidgetTexts } from "../ui/messages.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import { keepEarly, type Early } from "./early.ts";
import { describeDesk } from "./here.ts";
import { USED_KEY, type Host, type Panel } from "./host.ts";
import look from "./panel.css";
import { beginVisit } from "./visit.ts";

/** How often "today" and the desk's words are looked at again. */
const MINUTE_MS = 60_000;
interface Shown {
  readonly t: Texts;
  readonly wt: WidgetTexts;
  readonly open: Signal<boolean>;
  readonly link: Signal<ClientLink | null>;
  readonly draft: Signal<string>;
  readonly early: Early;
  readonly now: Signal<number>;
  readonly close: () => void;
}

export function attach(host: Host): Panel {
  const lang = chooseLang(host.lang);
  const open = signal(false);
  const link = signal<ClientLink | null>(null);
  const draft = signal("");
  const early = keepEarly(Date.now);
  const now = signal(Date.now());
  const seen = signal(document.visibilityState === "visible");
  document.addEventListener("visibilitychange", () => {
    seen.value = document.visibilityState === "visible";
    now.value = Date.now();
  });
  setInterval(() => {
    now.value = Date.now();
  }, MINUTE_MS);

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(chat + look);
  host.root.adoptedStyleSheets = [...host.root.adoptedStyleSheets, sheet];

  void beginVisit(host).then(async (begun) => {
    await begun.start();
    link.value = begun;
  });
  effect(() => link.value?.setVisible(open.value && seen.value));
  effect(() => {
    const talk = link.value?.talk.value;
    if (!talk) return;
    for (const text of early.take()) talk.say(text);
    // What was typed before it was known who types stays.
    if (draft.peek() === "") draft.value = talk.draft;
    else talk.setDraft(draft.peek());
  });
  effect(() => {
    const unread = link.value?.talk.value?.view.value.unread ?? 0;
    host.setUnread(open.value && seen.value ? 0 : unread);
  });

  const close = (): void => {
    open.value = false;
    host.setOpen(false);
  };
  const place = document.createElement("div");
  place.className = "wl-root";
  host.place.append(place);
  render(
    <Chat
      t={textsFor(lang)}
      wt={widgetTextsFor(lang)}
      open={open}
      link={link}
      draft={draft}
      early={early}
      now={now}
      close={close}
    />,
    place,
  );
  return {
    open() {
      now.value = Date.now();
      open.value = true;
      host.setOpen(true);
    },
    close,
  };
}

function Chat({ t, wt, open, link, draft, early, now, close }: Shown) {
  const frame = useRef<HTMLElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const isOpen = open.value;
  useLayoutEffect(() => {
    // On a phone the keyboard would cover what there is to read.
    if (isOpen) (matchMedia("(pointer: coarse)").matches ? frame : field).current?.focus({ preventScroll: true });
  }, [isOpen]);
  if (!isOpen) return null;

  const visit = link.value;
  const talk = visit?.talk.value ?? null;
  const view = (talk ?? early).view.value;
  const connection = visit?.connection.value ?? { state: "connecting" as const, sinceMs: now.value, reason: null };
  const said = connection.reason === "signed_out" ? { ...connection, reason: wt.signedOut } : connection;

  const type = (text: string): void => {
    draft.value = text;
    talk?.setDraft(text);
    talk?.composing(text);
  };
  const send = (text: string): void => {
    (talk ?? early).say(text);
    writeLocal(USED_KEY, "1");
    type("");
  };
  const discard = (id: string): void => {
    const text = talk?.discard(id);
    if (text && draft.peek() === "") type(text);
  };
  return (
    <section
      ref={frame}
      class="wl-scope wl-panel"
      role="dialog"
      aria-label={wt.title}
      tabIndex={-1}
      data-testid="panel"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.stopPropagation();
        close();
      }}
    >
      <Head wt={wt} visit={visit} now={now.value} close={close} />
      <ConnectionLine
        t={t}
        connection={said}
        pending={view.pending}
        memoryOnly={view.keptInMemoryOnly}
        action={{ label: t.tryNow, run: () => visit?.tryNow() }}
      />
      <MessageList
        view={view}
        t={t}
        name={wt.title}
        now={now.value}
        emptyState={<Welcome wt={wt} ask={send} />}
        onRetry={(id) => talk?.retry(id)}
        onDiscard={discard}
        onOlder={() => talk?.older()}
      />
      <Composer t={t} draft={draft.value} onInput={type} onSend={send} fieldRef={field} />
    </section>
  );
}

interface HeadProps {
  readonly wt: WidgetTexts;
  readonly visit: ClientLink | null;
  readonly now: number;
  readonly close: () => void;
}

function Head({ wt, visit, now, close }: HeadProps) {
  const notice = visit?.notice.value ?? null;
  const desk = describeDesk(notice, wt, now);
  const [agent] = notice?.agents ?? [];
  return (
    <div class="wl-panel-head">
      <Avatar name={agent?.name ?? wt.title} id={agent?.id ?? "s-desk"} />
      <div class="wl-panel-who">
        <h2 class="wl-panel-title">{wt.title}</h2>
        <p class="wl-panel-here" role="status" data-testid="desk">
          {desk && (
            <>
              <PresenceDot state={desk.state} />
              {desk.text}
            </>
          )}
        </p>
      </div>
      <Button kind="quiet" icon label={wt.close} onClick={close}>
        <Icon name="close" />
      </Button>
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
