import { useEffect, useMemo } from "preact/hooks";

import { ConnectionBar } from "../ui/connection-bar.tsx";
import { boardTextsFor, textsFor } from "../ui/messages.ts";
import { ContextPane } from "./context-pane.tsx";
import { ConversationPane } from "./conversation.tsx";
import { Dialogs } from "./dialogs.tsx";
import { InboxList } from "./inbox-list.tsx";
import { isWithin, type KeyAction, keyAction, placeOf, TextGuard, WORD_MS } from "./keys.ts";
import { Pages } from "./pages.tsx";
import type { Board } from "./state.ts";
import { Toast } from "./toast.tsx";
import { TopBar } from "./top-bar.tsx";

const NOW_EVERY_MS = 10_000;

/** Whether the screen shows one pane at a time; the style sheet decides it. */
const onePane = (): boolean =>
  getComputedStyle(document.querySelector(".wl-board") ?? document.body)
    .getPropertyValue("--wl-one-pane")
    .trim() === "1";

const focusLog = (): void => document.querySelector<HTMLElement>(".wl-pane-conversation [role='log']")?.focus();
const focusField = (): void => document.querySelector<HTMLElement>(".wl-pane-conversation .wl-composer-field")?.focus();

/** A row far away is drawn only when the list has moved there: a frame later. */
function focusRow(client: string): void {
  const row = (): HTMLElement | null => document.querySelector<HTMLElement>(`[data-client="${client}"]`);
  const there = row();
  if (there) there.focus();
  else requestAnimationFrame(() => row()?.focus());
}

/**
 * What each key does. Drawn first, then focused, both before the next key can arrive: whoever types on at once must
 * type into the field, and an `e` of a word must not resolve anything.
 */
function act(board: Board, action: KeyAction): void {
  const { client } = board.route.value;
  const chosen = board.cursor.value ?? board.next();
  const afterwards = (then: () => void): void => queueMicrotask(then);
  switch (action) {
    case "next":
    case "previous":
      board.moveCursor(action === "next" ? 1 : -1);
      afterwards(() => focusRow(board.cursor.value ?? ""));
      return;
    case "open":
      if (chosen) board.open(chosen);
      return;
    case "reply":
    case "note": {
      // Where nothing is open, an answer goes to whom Enter would open: who has waited longest.
      const wanted = client ?? (action === "reply" ? chosen : undefined);
      if (!wanted) return;
      if (client === null) board.open(wanted);
      board.setMode(wanted, action);
      if (board.route.value.pane === "context") board.back();
      afterwards(focusField);
      return;
    }
    case "resolve":
      if (client !== null) board.toggleResolved(client);
      return;
    case "assign":
    case "snooze":
      if (client !== null) openMenu(board, action);
      return;
    case "undo":
      board.undo();
      return;
    case "search":
      if (onePane() && board.route.value.pane !== "list") board.go({ client: null, pane: "list" });
      document.getElementById("wl-search")?.focus();
      return;
    case "canned":
      board.openCanned();
      return;
    case "palette":
    case "help":
      board.dialog.value = action;
      return;
    case "back":
      if (board.route.value.page) {
        board.go({ client: null, pane: "list" });
        return;
      }
      // Where the list stands beside the conversation there is nothing to go back to.
      if (onePane() || board.route.value.pane === "context") board.back();
  }
}

/** A menu that a key opened gives the focus back to the log, where the next key acts. */
function openMenu(board: Board, menu: "assign" | "snooze"): void {
  board.menu.value = menu;
  const stop = board.menu.subscribe((open) => {
    if (open === menu) return;
    queueMicrotask(() => stop());
    if (open === null) setTimeout(focusLog);
  });
}

/** The keys that work everywhere but in a field. */
function listenToKeys(board: Board): () => void {
  const guard = new TextGuard();
  let waiting: { readonly timer: ReturnType<typeof setTimeout>; readonly run: () => void } | null = null;
  /** A row that is gone takes the focus along: then it is where it was before. */
  let within = true;
  const notice = ({ target }: Event): void => {
    within = isWithin(target) ?? within;
  };
  const end = (): (() => void) | undefined => {
    if (waiting) clearTimeout(waiting.timer);
    const run = waiting?.run;
    waiting = null;
    return run;
  };
  const onKey = (event: KeyboardEvent): void => {
    const place = placeOf(event.target);
    const isOver = board.dialog.value !== null || board.menu.value !== null;
    if (event.key === "Escape" && place === "field" && board.dialog.value === null) {
      (event.target as HTMLElement).blur();
      focusLog();
      return;
    }
    const action = keyAction(event, place, isOver, within);
    if (place === "field" || isOver || event.ctrlKey || event.metaKey || event.altKey) end();
    else {
      const verdict = guard.judge(event.key, action, performance.now());
      const before = end();
      if (verdict === "text") return;
      before?.();
      if (verdict === "later" && action) {
        const run = (): void => act(board, action);
        waiting = { timer: setTimeout(() => end()?.(), WORD_MS), run };
        event.preventDefault();
        return;
      }
    }
    if (!action) return;
    event.preventDefault();
    act(board, action);
  };
  document.addEventListener("keydown", onKey);
  document.addEventListener("focusin", notice);
  document.addEventListener("pointerdown", notice);
  return () => {
    end();
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("focusin", notice);
    document.removeEventListener("pointerdown", notice);
  };
}

/** Which conversation is being looked at: only that one is read, and colleagues see it. */
function useVisible(board: Board): void {
  const conversation = board.conversation.value;
  const { pane } = board.route.value;
  useEffect(() => {
    const tell = (): void => {
      // On a smaller screen the client's pane stands where the words were.
      const drawn = document.querySelector(".wl-pane-conversation")?.checkVisibility() ?? false;
      conversation?.setVisible(drawn && document.visibilityState === "visible" && document.hasFocus());
      board.desk.setViewing(document.visibilityState === "visible" ? (conversation?.client ?? null) : null);
    };
    tell();
    document.addEventListener("visibilitychange", tell);
    window.addEventListener("focus", tell);
    window.addEventListener("blur", tell);
    return () => {
      document.removeEventListener("visibilitychange", tell);
      window.removeEventListener("focus", tell);
      window.removeEventListener("blur", tell);
      conversation?.setVisible(false);
    };
  }, [conversation, pane]);
}

/** The whole board: a bar, three panes, and the keys that work everywhere but in a field. */
export function App({ board }: { readonly board: Board }) {
  const { lang } = board.config;
  const t = boardTextsFor(lang);
  const words = textsFor(lang);
  const { pane, page } = board.route.value;
  const connection = board.desk.connection.value;
  const unread = board.unread.value;
  const title = useMemo(() => document.title, []);

  useEffect(() => {
    document.title = unread > 0 ? t.titleUnread(unread, title) : title;
  }, [unread]);

  useEffect(() => {
    const onHash = (): void => board.followAddress(location.hash);
    onHash();
    window.addEventListener("popstate", onHash);
    window.addEventListener("hashchange", onHash);
    const clock = setInterval(() => {
      board.now.value = board.outside.now();
    }, NOW_EVERY_MS);
    const deafen = listenToKeys(board);
    return () => {
      window.removeEventListener("popstate", onHash);
      window.removeEventListener("hashchange", onHash);
      deafen();
      clearInterval(clock);
    };
  }, []);

  useVisible(board);

  const signIn = { label: t.signInAgain, run: () => location.assign(`/login?next=${encodeURIComponent("/board")}`) };
  return (
    <div class="wl-scope wl-board" data-pane={pane}>
      <TopBar board={board} t={t} words={words} />
      <ConnectionBar
        connection={
          connection.state === "refused" ? { ...connection, reason: connection.reason ?? t.signedOut } : connection
        }
        pending={board.conversation.value?.view.value.pending ?? 0}
        t={words}
        memoryOnly={board.conversation.value?.view.value.keptInMemoryOnly ?? false}
        {...(connection.state === "refused" ? { action: signIn } : {})}
      />
      {page ? (
        <Pages board={board} page={page} />
      ) : (
        <main class="wl-panes">
          <h1 class="wl-hidden">Wattline</h1>
          <InboxList board={board} t={t} words={words} />
          <ConversationPane board={board} t={t} words={words} />
          <ContextPane board={board} t={t} words={words} />
        </main>
      )}
      <Toast board={board} t={t} />
      <Dialogs board={board} t={t} words={words} />
    </div>
  );
}
