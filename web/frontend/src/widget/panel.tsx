/** The chat: loaded at the first click, drawn in the launcher's shadow root. */

import { effect, type Signal, signal } from "@preact/signals";
import { render } from "preact";

import type { ConversationView, Item } from "../core/view.ts";
import type { ClientLink } from "../link/client-link.ts";
import { forgetDrafts } from "../link/drafts.ts";
import { readLocal } from "../link/outbox-journal.ts";
import { soon } from "../link/timers.ts";
import { type Card, SAID_KINDS, type SaidKind } from "../protocol/kinds.ts";
import chat from "../ui/chat.css";
// The build replaces these texts by each language's (build.mjs, `speaking`).
import { chat as chatTexts, widget as widgetTexts } from "../ui/messages/en.ts";
import type { Texts } from "../ui/messages.ts";
import { ownWords } from "../ui/rows.ts";
import tokens from "../ui/tokens.css";
import { actionsOf } from "./actions.ts";
import { makeAlerts, type WidgetAlerts } from "./alerts.ts";
import { type EarlyMessages, keepEarlyMessages } from "./before-sign-in.ts";
import { Chat, type ChatState } from "./chat.tsx";
import type { Host, Panel } from "./host.ts";
import { claimsIn, noteUse, PUSHED, remember, subjectOf } from "./last-visitor.ts";
import { Lazy, loadLater } from "./lazy.tsx";
import look from "./panel.css";
import { signInVisitor } from "./sign-in.ts";
import { hasOpenQuestion, mayAskName } from "./strips.ts";
import { tellDaysIn } from "./zone.ts";

/** How often "today" and the desk's state are updated. */
const MINUTE_MS = 60_000;
/** An opened chat waits so long for its cache, so that it need not be redrawn. */
const KEPT_WITHIN_MS = 200;

type Visit = Signal<ClientLink | null>;
/** Runs it now and at each change, until the panel ends. */
type Watch = (run: () => void) => void;

/** Return how to sign the visitor in; a later call, or the panel's end, replaces an earlier one. */
function signInto(link: Visit, host: Host, until: AbortSignal): () => void {
  let visits = 0;
  return async () => {
    const visit = ++visits;
    const begun = await signInVisitor(host);
    const isOver = (): boolean => visit !== visits || until.aborted;
    if (isOver()) return; // another person by now
    await begun.recall();
    if (isOver()) return begun.stop();
    link.value = begun;
    if (readLocal(PUSHED))
      void loadLater()
        .then(({ keepPush }) => keepPush(begun.rest, host))
        .catch(() => {});
    // The cache is drawn first; the portal may then name another person before connecting.
    queueMicrotask(() => {
      if (!isOver()) begun.start();
    });
  };
}

/** Take over what was written before sign-in, and empty the draft at an erasure. Args: then: called with each conversation. */
function followDraft(watch: Watch, link: Visit, draft: Signal<string>, early: EarlyMessages, then: () => void): void {
  watch(() => {
    const conversation = link.value?.conversation.value;
    if (!conversation) return;
    for (const text of early.take()) conversation.say(text);
    // Keep what was typed before sign-in.
    if (draft.peek() === "") draft.value = conversation.draft;
    else conversation.setDraft(draft.peek());
    then();
  });
  watch(() => {
    if (link.value?.conversation.value?.erasures.value) draft.value = "";
  });
}

/** Tell the conversation, the launcher, the alerts and the next page what is read and unread. */
function tellUnread(watch: Watch, link: Visit, isSeen: () => boolean, host: Host, alerts: WidgetAlerts): void {
  watch(() => link.value?.setVisible(isSeen()));
  watch(() => {
    const view = link.value?.conversation.value?.view.value;
    const seen = isSeen();
    host.setUnread(seen ? 0 : (view?.unread ?? 0));
    if (view) alerts.hear(view, seen);
    host.tell(
      "period",
      view?.items.findLast(({ side, body, deleted }) => side === "agent" && body.card && !deleted)?.body.card ?? null,
    );
  });
  let heard: { readonly client: string; readonly seq: number } | null = null;
  watch(() => {
    const view = link.value?.conversation.value?.view.value;
    if (!view || view.loading) return;
    const { client, items, last } = view;
    // What was there before is no news.
    const after = heard?.client === client ? heard.seq : last;
    heard = { client, seq: last };
    for (const { id, name, text, at, side, seq, kind } of items)
      if (side === "agent" && SAID_KINDS.includes(kind) && (seq ?? 0) > after)
        host.tell("message", { id, kind: kind as SaidKind, name, text, at });
  });
  watch(() => {
    const visit = link.value;
    const view = visit?.conversation.value?.view.value;
    if (!visit || !view || visit.connection.value.state === "idle") return;
    if (view.last > 0) noteUse(); // on another device
    const due = view.items.some(({ tick }) => tick === "sending");
    remember({ id: view.client, key: visit.unreadKey, unread: view.unread, due });
  });
}

interface Shows {
  readonly link: Visit;
  readonly draft: Signal<string>;
  readonly card: Signal<Card | null>;
  readonly now: Signal<number>;
  readonly early: EarlyMessages;
  readonly alerts: WidgetAlerts;
  readonly host: Host;
}

/** Return what the chat shows; reads every signal that it depends on. */
function shownOf({ link, draft, card, now, early, alerts, host }: Shows): ChatState {
  const visit = link.value;
  const conversation = visit?.conversation.value ?? null;
  const kept = (conversation ?? early).view.value;
  // A new guest has no conversation that could load.
  const isNew = visit !== null && conversation === null && kept.loading;
  const view = isNew ? { ...kept, loading: false, empty: true } : kept;
  return {
    view,
    connection: visit?.connection.value ?? { state: "connecting", sinceMs: now.peek(), reason: null },
    notice: visit?.notice.value ?? null,
    outage: visit?.outage.value,
    draft: draft.value,
    card: card.value,
    now: now.value,
    muted: alerts.muted.value,
    permission: alerts.permission.value,
    uploads: conversation?.uploads.shares.value ?? {},
    name: firstNameIn(host.identity),
    isKnown: conversation !== null,
    isReopened: host.isReopened,
    asksName: mayAskName(view),
  };
}

const isOurs = (): boolean => history.state?.wattline === true;

/** On a phone the browser's Back closes the chat: it has an entry of its own in the history. */
function backCloses(isOpen: boolean): void {
  if (isOpen && !isOurs() && matchMedia("(max-width: 30rem)").matches) history.pushState({ wattline: true }, "");
  else if (!isOpen && isOurs()) history.back();
}

/** Return the newest unread answer, unless it was put off. */
const newsIn = ({ items, unread }: ConversationView, later: number): Item | undefined =>
  items.findLast(({ side, seq }) => unread > 0 && side === "agent" && (seq ?? 0) > later);

const firstNameIn = (jwt: string | null): string => {
  const { name = "" } = (jwt && claimsIn(jwt)) || {};
  return String(name).split(" ")[0] as string;
};

export function attach(host: Host): Panel {
  const { lang } = host;
  const own = window.wattlineBrand?.texts[lang];
  const t = { ...chatTexts, lang, ...own } as Texts; // no chart and no desk here
  const wt = { ...widgetTexts, lang, ...own };
  /** Null: this person has not opened it on this page, or the page has hidden it. */
  const open = signal<boolean | null>(null);
  const link: Visit = signal(null);
  const draft = signal("");
  const card = signal<Card | null>(null);
  const early = keepEarlyMessages(Date.now);
  const now = signal(Date.now());
  const stops: (() => void)[] = [];
  const watch: Watch = (run) => void stops.push(effect(run));
  const ended = new AbortController();
  const isVisible = (): boolean => document.visibilityState === "visible";
  const seen = signal(isVisible());
  const recalling = signal(true);
  const tick = (): void => {
    now.value = Date.now();
  };
  const { signal: until } = ended;
  const onVisibility = (): void => {
    seen.value = isVisible();
    tick();
  };
  document.addEventListener("visibilitychange", onVisibility, { signal: until });
  const minutes = setInterval(tick, MINUTE_MS);
  setTimeout(() => {
    recalling.value = false;
  }, KEPT_WITHIN_MS);

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(tokens + chat + look); // tokens: the roles that the launcher does not need
  host.root.adoptedStyleSheets = [...host.root.adoptedStyleSheets, sheet];
  let hasEntry = false;
  const setOpen = (isOpen: boolean): void => {
    tick();
    if (isOpen !== !!open.value) backCloses(isOpen);
    open.value = isOpen || (host.root.host.hasAttribute("hidden") ? null : false);
    host.setOpen(isOpen);
    hasEntry = isOurs(); // an app's page makes one at any width (webview.ts)
  };
  addEventListener("popstate", () => open.value && hasEntry && !isOurs() && setOpen(false), { signal: until });
  const show = (): void => setOpen(true);
  const close = (): void => {
    if (open.value) setOpen(false);
  };
  const words = ({ name, text }: Item) => ({ title: wt.answerFrom(name ?? t.support), body: ownWords(text) });
  const alerts = makeAlerts({ words, onClick: show });
  const begin = signInto(link, host, until);
  begin();
  watch(() => tellDaysIn(link.value?.zone.value));
  tellUnread(watch, link, () => open.value === true && seen.value, host, alerts);

  const place = document.createElement("div");
  place.className = "wl-root";
  host.place.append(place);
  const later = signal(0);
  const acts = actionsOf({ link, early, draft, card, alerts, close, nameAsked: tick, host });
  let given = "";
  const prefill = (): void => {
    const conversation = link.peek()?.conversation.peek();
    const text = host.draft;
    if (!conversation || !text) return;
    host.draft = "";
    // What the user has written stays.
    if (draft.peek() !== "" && draft.peek() !== given) return;
    given = draft.value = text;
    conversation.setDraft(given);
  };
  followDraft(watch, link, draft, early, prefill);
  const draw = soon();
  // The only effect that draws: any change redraws the chat, once a moment.
  watch(() => {
    const shown = shownOf({ link, draft, card, now, early, alerts, host });
    const isOpen = open.value && (link.value !== null || !recalling.value);
    const news = open.value ? undefined : newsIn(shown.view, later.value);
    const isLeft = open.value === false && hasOpenQuestion(shown.view);
    const rest = acts.rest();
    if (rest && (isOpen || news) && (shown.notice?.agents[0] || shown.view.items.some(({ side }) => side === "agent")))
      import("./faces.ts").then(
        ({ showFaces }) => showFaces(shown, rest, host.root),
        () => {},
      );
    draw(() =>
      render(
        isOpen ? (
          <Chat t={t} wt={wt} shown={shown} acts={acts} />
        ) : news ? (
          <Lazy
            part="peek"
            props={{
              lang,
              item: news,
              name: news.name ?? t.support,
              onAnswer: show,
              onLater() {
                later.value = news.seq ?? 0;
              },
            }}
          />
        ) : isLeft ? (
          <Lazy
            part="leaving"
            props={{
              lang,
              client: shown.view.client,
              rest,
              isAway: shown.notice?.agents.length === 0,
              onDone: tick,
            }}
          />
        ) : null,
        place,
      ),
    );
  });
  return {
    open: show,
    close,
    identify() {
      const before = link.peek();
      const me = host.identity && subjectOf(host.identity);
      // A fresh identity of the same user is used when the session asks for it.
      if (before && me === before.conversation.peek()?.client && before.connection.peek().state !== "refused") return;
      before?.stop();
      open.value ||= null;
      link.value = null;
      draft.value = "";
      card.value = null;
      later.value = 0;
      begin();
    },
    prefill,
    ask(wanted) {
      card.value = wanted;
    },
    end() {
      ended.abort();
      clearInterval(minutes);
      for (const stop of stops) stop();
      link.peek()?.stop();
      draw(() => render(null, place));
      place.remove();
      host.root.adoptedStyleSheets = host.root.adoptedStyleSheets.filter((each) => each !== sheet);
      host.setOpen(false);
    },
  };
}

export async function forget(me: string): Promise<void> {
  forgetDrafts(me); // this chunk's copy holds them
  await (await loadLater()).forget(me);
}
