import { useEffect, useMemo, useRef } from "preact/hooks";

import { type Connection, ConnectionBar } from "../ui/connection-bar.tsx";
import { whenNear } from "../ui/format.ts";
import { boardTextsFor, textsFor } from "../ui/messages.ts";
import { ConversationPane } from "./conversation.tsx";
import type { Mode } from "./drafts.ts";
import { focusComposer, focusLog, isLayerOpen, isOnePane } from "./focus.ts";
import { InboxList } from "./inbox-list.tsx";
import { isWithin, type KeyAction, keyAction, placeOf, TextGuard, WORD_MS } from "./keys.ts";
import { MissingPart } from "./lazy.tsx";
import { MenuList } from "./menu.tsx";
import { ContextPane, Dialogs, Following, Pages, runKeyed } from "./parts.ts";
import { Rail } from "./rail.tsx";
import type { Board, OpenMenu } from "./state.ts";
import { Toast } from "./toast.tsx";

const NOW_EVERY_MS = 10_000;
/** The icon is the server's: a conversation that opens, and is read thereby, asks for its words before it. */
const ICON_AFTER_MS = 500;

/** Add event listeners. Returns a function that removes them. */
function listen(target: Window | Document, events: Readonly<Record<string, (event: never) => void>>): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  for (const [name, run] of Object.entries(events)) target.addEventListener(name, run as EventListener, { signal });
  return () => ended.abort();
}

/** Focus a row of the list. A row that was far away is drawn one frame after the list scrolled. */
function focusRow(client: string): void {
  const find = (): HTMLElement | null => document.querySelector(`[data-client="${client}"]`);
  const row = find();
  if (row) row.focus();
  else requestAnimationFrame(() => find()?.focus());
}

/** Show that something is unread on the tab's icon and, where the board is installed, how much on its own icon. */
function showUnread(count: number): void {
  document
    .querySelector("link[rel=icon]")
    ?.setAttribute("href", count > 0 ? `/icon-unread.svg?n=${Math.min(count, 99)}` : "/icon.svg");
  void navigator.setAppBadge?.(count).catch(() => undefined); // a browser may refuse it
}

function moveCursor(board: Board, by: 1 | -1): void {
  board.moveCursor(by);
  queueMicrotask(() => focusRow(board.cursor.value ?? ""));
}

/**
 * Open the composer, from the list that of the row under the cursor. A reply without an open conversation goes to the client
 * whom Enter would open.
 */
function compose(board: Board, mode: Mode): void {
  const { client, pane } = board.route.value;
  const under = document.activeElement?.closest(".wl-pane-list") ? board.cursor.value : null;
  const wanted = under ?? client ?? (mode === "reply" ? chosenOf(board) : undefined);
  if (!wanted) return;
  if (client !== wanted) board.open(wanted);
  else if (pane === "context") board.back();
  board.drafts.setMode(wanted, mode);
  queueMicrotask(focusComposer);
}

const chosenOf = (board: Board): string | undefined => board.cursor.value ?? board.list.next();

/** Act on the checked conversations, else on the open one. */
const withTargets = (run: (board: Board, clients: readonly string[]) => void) => (board: Board) => {
  const clients = board.targets();
  if (clients.length > 0) run(board, clients);
};

/** Bring the list into view. */
function toList(board: Board): void {
  const { page, pane } = board.route.value;
  if (page || (isOnePane() && pane !== "list")) board.go({ client: null, pane: "list" });
}

function search(board: Board): void {
  toList(board);
  queueMicrotask(() => document.getElementById("wl-search")?.focus());
}

/** Go one step back; beside an open conversation the list is already in view, and a page of the rail lies over nothing. */
function goBack(board: Board): void {
  if (board.selection.clients.value) return board.selection.end();
  if (board.route.value.page) return;
  if (isOnePane() || board.route.value.pane === "context") board.back();
}

/**
 * What each key does. Each draws first and then moves the focus, both before the next key: text typed right after it goes
 * into the field, and an `e` in a word resolves nothing.
 */
const ACTIONS: Readonly<Record<KeyAction, (board: Board, key: string) => void>> = {
  next: (board) => moveCursor(board, 1),
  previous: (board) => moveCursor(board, -1),
  open(board) {
    const chosen = chosenOf(board);
    if (chosen) board.open(chosen);
  },
  reply(board) {
    if (board.selection.size > 0) board.dialog.value = "bulk-reply";
    else compose(board, "reply");
  },
  note: (board) => compose(board, "note"),
  resolve: withTargets((board, clients) => {
    if (board.selection.size > 0) board.resolve(clients);
    else board.toggleResolved(clients[0] as string);
  }),
  assign: withTargets((board) => openMenu(board, board.selection.size > 0 ? "bulk-assign" : "assign")),
  snooze: withTargets((board) => openMenu(board, board.selection.size > 0 ? "bulk-snooze" : "snooze")),
  tag: withTargets((board) => void (board.dialog.value = "tag")),
  select(board) {
    const chosen = chosenOf(board);
    if (chosen) board.selection.toggle(chosen);
  },
  start: (board) => void (board.dialog.value = "start"),
  undo: (board) => board.actions.undo(),
  search,
  views(board) {
    toList(board);
    openMenu(board, "views");
  },
  canned: (board) => board.openCanned(),
  macro: runKeyed,
  palette: (board) => void (board.dialog.value = "palette"),
  help: (board) => void (board.dialog.value = "help"),
  back: goBack,
};

/** Open a menu by key. When it closes, the focus goes to the log, where the next key works. */
function openMenu(board: Board, menu: Exclude<OpenMenu, null>): void {
  board.menu.value = menu;
  const stop = board.menu.subscribe((open) => {
    if (open === menu) return;
    queueMicrotask(() => stop());
    if (open === null) setTimeout(focusLog);
  });
}

/** Actions that open a menu, and the keys that choose in it, also before it is drawn. */
const OPENS_MENU: readonly (KeyAction | null)[] = ["assign", "snooze"];
const CHOOSES = /^(?:[1-9]|Enter|ArrowUp|ArrowDown)$/;

/** Press a key in the menu that was just opened. */
function chooseInMenu(key: string): void {
  const item = document.activeElement;
  if (!(item instanceof HTMLElement) || !item.closest("[role='menu']")) return;
  if (key === "Enter") item.click();
  else item.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

/** Return whether a key is one letter or sign, which the agent can turn off. */
const isSingle = ({ key, ctrlKey, metaKey }: KeyboardEvent): boolean => key.length === 1 && !ctrlKey && !metaKey;

/** Return whether a key is the one that the toast names, wherever the focus is. */
const isUndo = (board: Board, { key }: KeyboardEvent): boolean =>
  key.toLowerCase() === "z" && board.actions.last.peek() !== null;

/** Listen to keys everywhere except in fields. Returns a function that stops it. */
function listenToKeys(board: Board): () => void {
  const guard = new TextGuard();
  let waiting: {
    readonly timer: ReturnType<typeof setTimeout>;
    readonly run: () => void;
    readonly opensMenu: boolean;
  } | null = null;
  /** Stays as it was when the focused row disappears. */
  let within = true;
  const noteFocus = ({ target }: Event): void => {
    within = isWithin(target) ?? within;
  };
  /** Forget the waiting action and return it. */
  const takeWaiting = (): (() => void) | undefined => {
    if (waiting) clearTimeout(waiting.timer);
    const run = waiting?.run;
    waiting = null;
    return run;
  };
  const onKey = (event: KeyboardEvent): void => {
    const place = placeOf(event.target);
    // A dialog or menu that was just chosen may still be loading: then it is no element yet.
    const isOver = board.dialog.value !== null || board.menu.value !== null || isLayerOpen();
    if (event.key === "Escape" && place === "field" && !isOver) {
      (event.target as HTMLElement).blur();
      focusLog();
      return;
    }
    const { key } = event;
    if (
      waiting?.opensMenu &&
      CHOOSES.test(key) &&
      place !== "field" &&
      !(event.ctrlKey || event.metaKey || event.altKey)
    ) {
      event.preventDefault();
      guard.clear();
      takeWaiting()?.();
      void MenuList.prefetch().then(() => chooseInMenu(key));
      return;
    }
    const hasList = board.route.value.page === undefined;
    const action = keyAction(event, place, isOver, (within && hasList) || isUndo(board, event), hasList);
    const run = action && !(isSingle(event) && board.keysOff.value) ? () => ACTIONS[action](board, event.key) : null;
    if (place === "field" || isOver || event.ctrlKey || event.metaKey || event.altKey) takeWaiting();
    else {
      const verdict = guard.judge(event.key, action, performance.now());
      const before = takeWaiting();
      if (verdict === "text") return;
      before?.();
      if (verdict === "later" && run) {
        waiting = {
          timer: setTimeout(() => takeWaiting()?.(), WORD_MS),
          run,
          opensMenu: OPENS_MENU.includes(action),
        };
        event.preventDefault();
        return;
      }
    }
    if (!run) return;
    event.preventDefault();
    run();
  };
  const unlisten = listen(document, { keydown: onKey, focusin: noteFocus, pointerdown: noteFocus });
  return () => {
    takeWaiting();
    unlisten();
  };
}

/** Tell the desk which conversation is in view: only that one counts as read, and colleagues see who looks at it. */
function useVisible(board: Board): void {
  const conversation = board.conversation.value;
  const { pane } = board.route.value;
  useEffect(() => {
    const tell = (): void => {
      // On a small screen the client's pane replaces the messages.
      const drawn = document.querySelector(".wl-pane-conversation")?.checkVisibility() ?? false;
      conversation?.setVisible(drawn && document.visibilityState === "visible" && document.hasFocus());
      board.desk.setViewing(document.visibilityState === "visible" ? (conversation?.client ?? null) : null);
    };
    tell();
    const stops = [listen(document, { visibilitychange: tell }), listen(window, { focus: tell, blur: tell })];
    return () => {
      for (const stop of stops) stop();
      conversation?.setVisible(false);
    };
  }, [conversation, pane]);
}

/** Return since when there is no connection, through all its tries; null while there is one. */
function useLostSince({ state, sinceMs }: Connection): number | null {
  const lostMs = useRef<number | null>(null);
  lostMs.current = state === "connecting" || state === "offline" ? (lostMs.current ?? sinceMs) : null;
  return lostMs.current;
}

/** Draw the board: the rail, and three panes or a page. */
export function App({ board }: { readonly board: Board }) {
  const { lang } = board.config;
  const t = useMemo(() => boardTextsFor(lang), [lang]);
  const words = useMemo(() => textsFor(lang), [lang]);
  const { client, pane, page } = board.route.value;
  const isMissing = board.isMissing.value;
  const connection = board.desk.connection.value;
  const lostMs = useLostSince(connection);
  const wasLive = useRef(false);
  wasLive.current ||= connection.state === "live";
  const pending = board.conversation.value?.view.value.pending ?? 0;
  const unread = board.list.unread.value;
  const known = board.list.isKnown.value;
  const title = useMemo(() => document.title, []);

  useEffect(() => {
    document.title = unread > 0 ? t.titleUnread(unread, title) : title;
    const timer = setTimeout(() => showUnread(unread), ICON_AFTER_MS);
    return () => clearTimeout(timer);
  }, [unread]);

  useEffect(() => {
    const onHash = (): void => board.followAddress(location.hash);
    onHash();
    const unfollow = listen(window, { popstate: onHash, hashchange: onHash });
    const clock = setInterval(() => {
      board.now.value = board.outside.now();
    }, NOW_EVERY_MS);
    const unlisten = listenToKeys(board);
    return () => {
      unfollow();
      unlisten();
      clearInterval(clock);
    };
  }, []);

  useVisible(board);

  const signIn = { label: t.signInAgain, run: () => location.assign(`/login?next=${encodeURIComponent("/board")}`) };
  return (
    <div class="wl-scope wl-board" data-pane={isMissing && pane === "context" ? "conversation" : pane}>
      <Rail board={board} t={t} words={words} />
      <div class="wl-board-main">
        <ConnectionBar
          connection={{
            ...connection,
            ...(connection.reason === "signed_out" && { reason: t.signedOut }),
            ...(lostMs !== null && {
              lost: { title: t.lostSince(whenNear(t.lang, lostMs, board.outside.now())), text: t.lostText(pending) },
            }),
          }}
          pending={pending}
          t={words}
          memoryOnly={board.conversation.value?.view.value.keptInMemoryOnly ?? false}
          action={connection.state === "refused" ? signIn : { label: words.tryNow, run: () => board.desk.tryNow() }}
        />
        {page ? (
          <Pages board={board} page={page} />
        ) : (
          <main class="wl-panes">
            <h1 class="wl-hidden">Wattline</h1>
            <InboxList board={board} t={t} words={words} />
            <ConversationPane board={board} t={t} words={words} />
            {client === null || isMissing ? (
              <aside class="wl-pane-context" aria-label={t.openContext} />
            ) : (
              <ContextPane board={board} t={t} words={words} client={client} />
            )}
          </main>
        )}
      </div>
      <Toast board={board} t={t} />
      <MissingPart t={t} />
      {known && wasLive.current && <Following board={board} />}
      {board.dialog.value !== null && <Dialogs board={board} t={t} words={words} />}
    </div>
  );
}
