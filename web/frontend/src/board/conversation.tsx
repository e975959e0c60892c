import { useEffect, useMemo } from "preact/hooks";

import type { Item } from "../core/view.ts";
import type { LiveConversation } from "../link/live-conversation.ts";
import type { Card } from "../protocol/kinds.ts";
import { Button } from "../ui/button.tsx";
import { EmptyPicture, Icon } from "../ui/icon.tsx";
import { EmptyState, MessageList } from "../ui/message-list.tsx";
import { MESSAGE_PARTS } from "../ui/message-parts.tsx";
import { isSaid, type ShownNote } from "../ui/rows.ts";
import { Head } from "./conversation-head.tsx";
import { EditBox } from "./edit-box.tsx";
import { focusComposer, isOnePane } from "./focus.ts";
import { MessageTools } from "./message-tools.tsx";
import { BulkBar, CardChart } from "./parts.ts";
import { ReplyBox } from "./reply-box.tsx";
import type { Board, ClientViewProps, ViewProps } from "./state.ts";

type ConversationProps = ViewProps & { readonly conversation: LiveConversation };

/** Scroll to the entry that the address names and mark it; load earlier pages until it is there. */
function useLinkedEntry(board: Board, conversation: LiveConversation): void {
  const { client, seq } = board.route.value;
  const wanted = client === conversation.client ? seq : undefined;
  const { items, hasOlder, loading } = conversation.view.value;
  const first = items[0]?.seq ?? null;
  const isLoaded = wanted !== undefined && items.some((item) => item.seq === wanted);

  useEffect(() => {
    if (wanted !== undefined && !isLoaded && !loading && hasOlder && first !== null && first > wanted)
      conversation.older();
  }, [wanted, isLoaded, loading, hasOlder, first]);

  useEffect(() => {
    const message = isLoaded && document.querySelector<HTMLElement>(`.wl-log [data-seq="${wanted}"]`);
    if (!message) return undefined;
    message.setAttribute("data-found", "");
    message.tabIndex = -1;
    message.scrollIntoView({ block: "center" });
    message.focus({ preventScroll: true }); // a screen reader continues from here
    return () => {
      message.removeAttribute("data-found");
      message.removeAttribute("tabindex");
    };
  }, [wanted, isLoaded]);
}

/** Without its words for so long, what stands beside a conversation is asked for. */
const WORDS_WITHIN_MS = 1_000;

/** Tell the board when the conversation is painted: its words come before what stands beside them. */
function useDrawn(board: Board, conversation: LiveConversation | null): void {
  const client = conversation?.client ?? null;
  const isLoading = conversation?.view.value.loading ?? true;
  useEffect(() => {
    if (client === null) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => void (board.drawn.value = client), isLoading ? WORDS_WITHIN_MS : 0);
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [client, isLoading]);
}

/** Show which colleagues look at this conversation or write in it. */
function Colleagues({ board, t, conversation }: Omit<ConversationProps, "words">) {
  const me = board.config.me.id;
  const { client } = conversation;
  const writing = conversation.view.value.typing.map(({ sender }) => sender).filter((id) => id !== client && id !== me);
  const looking = Object.entries(board.desk.agents.value)
    .filter(([id, agent]) => id !== me && agent.viewing.includes(client) && agent.state !== "offline")
    .map(([id]) => id)
    .filter((id) => !writing.includes(id));
  const names = (ids: readonly string[]): string[] => ids.map((id) => board.nameOf(id));
  const sentence =
    writing.length > 0 ? t.alsoTyping(names(writing)) : looking.length > 0 ? t.alsoLooking(names(looking)) : "";
  return (
    <div role="status" class={sentence === "" ? "wl-hidden" : "wl-line wl-line-also"} data-testid="colleagues">
      {sentence !== "" && <Icon name="people" />}
      {sentence}
    </div>
  );
}

/** Show the buttons that the client sees, as text. */
function QuickReplies({ items, t }: Pick<ViewProps, "t"> & { readonly items: readonly Item[] }) {
  const last = items.findLast(isSaid);
  const replies = last?.body.replies ?? [];
  if (replies.length === 0) return null;
  return (
    <div class="wl-offered" data-testid="offered">
      <span id="wl-offered-title">{t.offeredReplies}:</span>
      <ul aria-labelledby="wl-offered-title">
        {replies.map((reply) => (
          <li key={reply}>{reply}</li>
        ))}
      </ul>
    </div>
  );
}

/** Show the assigned colleague, with a button to take over. */
function Owner({ board, t, client }: Omit<ClientViewProps, "words">) {
  const assignee = board.summary.value?.assignee ?? null;
  const { me } = board.config;
  if (assignee === null || assignee === me.id) return null;
  return (
    <div class="wl-line wl-line-also" data-testid="owner">
      <span>{t.isOf(board.nameOf(assignee))}</span>
      <button
        type="button"
        class="wl-link"
        onClick={() => {
          board.assign([client], me.id);
          focusComposer(); // this button disappears
        }}
      >
        {t.takeOver}
      </button>
    </div>
  );
}

function OpenConversation({ board, t, words, conversation }: ConversationProps) {
  const { client } = conversation;
  const name = board.clientName(client);
  const nameOf = (id: string): string => board.nameOf(id);
  const notes: ShownNote[] = (board.clients.notes.valueOf(client) ?? []).map((note) => ({
    ...note,
    name: note.name ?? nameOf(note.agent),
  }));
  const editing = board.editing.value;
  const senderLabel = ({ side, sender, name: said }: Item): string =>
    side === "client" ? name : side === "agent" ? (said ?? nameOf(sender)) : words.support;
  const view = conversation.view.value;
  const load = useMemo(
    () => (card: Card, step: "hour" | "day") =>
      board.desk.api.consumption(client, { from: card.from, to: card.to, step }),
    [board, client],
  );
  useLinkedEntry(board, conversation);
  return (
    <>
      <MessageList
        view={{ ...view, typing: view.typing.filter((who) => who.sender === client) }}
        t={words}
        name={name}
        now={board.now.value}
        side="agent"
        senderLabel={senderLabel}
        nameOfId={nameOf}
        parts={MESSAGE_PARTS}
        notes={notes}
        mentionable={board.agentNames()}
        notPrinted={t.notPrinted}
        card={(item) =>
          item.body.card ? (
            <CardChart t={words} card={item.body.card} now={board.now.value} zone={board.config.tz} load={load} />
          ) : null
        }
        fileAddress={(file, thumb) => `${board.config.api}/api/files/${file}${thumb ? "?thumb=1" : ""}`}
        isWaiting={board.desk.connection.value.state !== "live"}
        uploads={conversation.uploads.shares.value}
        tools={(item) => <MessageTools board={board} t={t} client={client} item={item} />}
        wanted={board.route.value.client === client ? board.route.value.seq : undefined}
        onRetry={(id) => conversation.retry(id)}
        onDiscard={(id) => board.drafts.discard(client, id)}
        onOlder={() => conversation.older()}
      />
      <QuickReplies items={view.items} t={t} />
      <Colleagues board={board} t={t} conversation={conversation} />
      <Owner board={board} t={t} client={client} />
      {board.selection.size > 0 && !board.outside.isOnePane() ? (
        <BulkBar board={board} t={t} />
      ) : editing?.client === client ? (
        <EditBox board={board} t={t} words={words} editing={editing} />
      ) : (
        <ReplyBox board={board} t={t} words={words} conversation={conversation} name={name} />
      )}
    </>
  );
}

/** Return the seq of the message that an element is in, or null. */
function seqAt(target: EventTarget | null): number | null {
  const seq = target instanceof Element && target.closest<HTMLElement>("[data-seq]")?.dataset.seq;
  return seq ? Number(seq) : null;
}

const Key = ({ name }: { readonly name: string }) => <kbd class="wl-key">{name}</kbd>;

/** Say which keys lead to a conversation; where they are off, or nothing has them, say it in words. */
function MovingKeys({ board, t }: Omit<ViewProps, "words">) {
  return board.keysOff.value || matchMedia("(pointer: coarse)").matches ? (
    t.noConversationText
  ) : (
    <>
      <Key name="j" /> <Key name="k" /> {t.keysMove}, <Key name="Enter" /> {t.keysOpen}, <Key name="?" /> {t.keysAll}.
    </>
  );
}

/** A portal may be making a client while the link to them is opened already. */
const ASK_AGAIN_MS = 1_000;

/** Say that the client in the address does not exist; ask again soon, and then as often as the board's clock moves. */
function NoClient({ board, t, client }: Omit<ClientViewProps, "words">) {
  useEffect(() => {
    const timer = setTimeout(() => board.clients.lookAgain(client), ASK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [board.now.value]);
  useEffect(() => {
    if (isOnePane()) document.getElementById("wl-to-inbox")?.focus();
  }, []);
  return (
    <EmptyState title={t.noClient(client)} text={t.noClientText}>
      <EmptyPicture name="search" />
      <Button id="wl-to-inbox" kind="primary" onClick={() => board.go({ client: null, pane: "list" })}>
        {t.openInbox}
      </Button>
    </EmptyState>
  );
}

/** Show the open conversation, or what to do while none is open. */
export function ConversationPane({ board, t, words }: ViewProps) {
  const conversation = board.conversation.value;
  const client = conversation?.client ?? null;
  const isMissing = board.isMissing.value;
  const isEmpty = board.list.isKnown.value && board.list.counts.value.all === 0;
  useDrawn(board, conversation);

  // On a phone the pane is a new screen. Without the focus a screen reader would stay on the list, which is gone.
  useEffect(() => {
    if (client !== null && isOnePane())
      document.getElementById("wl-conversation-title")?.focus({ preventScroll: true });
  }, [client]);

  return (
    <section
      class="wl-pane-conversation"
      aria-labelledby={conversation && !isMissing ? "wl-conversation-title" : undefined}
      onPointerOver={({ target }) => {
        board.pointed.value = seqAt(target);
      }}
    >
      {conversation && isMissing ? (
        <NoClient key={conversation.client} board={board} t={t} client={conversation.client} />
      ) : conversation ? (
        <>
          <Head board={board} t={t} words={words} client={conversation.client} />
          <OpenConversation key={conversation.client} board={board} t={t} words={words} conversation={conversation} />
        </>
      ) : (
        <>
          <EmptyState title={t.noConversation} text={isEmpty ? t.emptyAllText : <MovingKeys board={board} t={t} />}>
            <EmptyPicture name="chat" />
          </EmptyState>
          {board.selection.size > 0 && !board.outside.isOnePane() && <BulkBar board={board} t={t} />}
        </>
      )}
    </section>
  );
}
