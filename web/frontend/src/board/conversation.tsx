import { useEffect, useMemo, useRef } from "preact/hooks";

import type { Item } from "../core/view.ts";
import type { LiveConversation } from "../link/live-conversation.ts";
import type { Card } from "../protocol/kinds.ts";
import { CardChart } from "../ui/card-chart.tsx";
import { EmptyState, MessageList } from "../ui/message-list.tsx";
import type { BoardTexts, Texts } from "../ui/messages.ts";
import { isSaid, type Note } from "../ui/rows.ts";
import { clientName } from "./client-name.ts";
import { Head } from "./conversation-head.tsx";
import { ReplyBox } from "./reply-box.tsx";
import type { Board } from "./state.ts";
import { useFound } from "./use-found.ts";

interface Props {
  readonly board: Board;
  readonly t: BoardTexts;
  readonly words: Texts;
}

/** Who else is here: two agents on one conversation see each other looking and writing. */
function Colleagues({
  board,
  t,
  conversation,
}: {
  readonly board: Board;
  readonly t: BoardTexts;
  readonly conversation: LiveConversation;
}) {
  const { me } = board.config;
  const names = board.desk.names.value;
  const named = (id: string): string => names[id] ?? id;
  const writing = conversation.view.value.typing
    .map((who) => who.sender)
    .filter((id) => id !== conversation.client && id !== me.id);
  const looking = Object.entries(board.desk.agents.value)
    .filter(
      ([id, agent]) =>
        id !== me.id &&
        agent.viewing.includes(conversation.client) &&
        agent.state !== "offline" &&
        !writing.includes(id),
    )
    .map(([id]) => id);
  const sentence =
    writing.length > 0 ? t.alsoTyping(writing.map(named)) : looking.length > 0 ? t.alsoLooking(looking.map(named)) : "";
  return (
    <div role="status" class={sentence === "" ? "wl-hidden" : "wl-line wl-line-also"} data-testid="colleagues">
      {sentence}
    </div>
  );
}

/** What the client may answer with a press; to the agent it is only to be read. */
function QuickReplies({ items, t }: { readonly items: readonly Item[]; readonly t: BoardTexts }) {
  const last = items.findLast(isSaid);
  const replies = last?.body.replies ?? [];
  if (replies.length === 0) return null;
  return (
    <ul class="wl-offered" aria-label={t.offeredReplies} data-testid="offered">
      {replies.map((reply) => (
        <li key={reply}>{reply}</li>
      ))}
    </ul>
  );
}

/** Whose it is, when it is a colleague's: answering joins, taking over is said to both. */
function Owner({ board, t, client }: { readonly board: Board; readonly t: BoardTexts; readonly client: string }) {
  const assignee = board.summary.value?.assignee ?? null;
  const { me } = board.config;
  if (assignee === null || assignee === me.id) return null;
  return (
    <div class="wl-line wl-line-also" data-testid="owner">
      <span>{t.isOf(board.desk.names.value[assignee] ?? assignee)}</span>
      <button
        type="button"
        class="wl-link"
        onClick={() => {
          board.command(client, { do: "assign", to: me.id });
          // This button goes: one goes on in the field.
          document.querySelector<HTMLElement>(".wl-pane-conversation .wl-composer-field")?.focus();
        }}
      >
        {t.takeOver}
      </button>
    </div>
  );
}

function Talking({ board, t, words, conversation }: Props & { readonly conversation: LiveConversation }) {
  const { client } = conversation;
  const names = board.desk.names.value;
  const name = clientName(t.lang, client, board.summary.value?.name);
  const list = board.notesOf(client);
  const notes: Note[] = list.notes.map((note) => ({ ...note, name: names[note.agent] ?? note.agent }));
  const refusal = board.refusal.value;
  const sender = (item: Item): string =>
    item.side === "client"
      ? name
      : item.side === "agent"
        ? (item.name ?? names[item.sender] ?? item.sender)
        : words.support;
  const nameOfId = (id: string): string => (id === board.config.me.id ? board.config.me.name : (names[id] ?? id));
  const view = conversation.view.value;
  const load = useMemo(
    () => async (card: Card, step: "hour" | "day") =>
      (await board.outside.consumption(client, { from: card.from, to: card.to, step })).points,
    [board, client],
  );
  useFound(board, conversation);
  return (
    <>
      <MessageList
        view={{ ...view, typing: view.typing.filter((who) => who.sender === client) }}
        t={words}
        name={name}
        now={board.now.value}
        side="agent"
        senderLabel={sender}
        nameOfId={nameOfId}
        notes={notes}
        card={(item) =>
          item.body.card ? <CardChart t={words} card={item.body.card} zone={board.config.tz} load={load} /> : null
        }
        fileAddress={(file, thumb) => `${board.config.api}/api/files/${file}${thumb ? "?thumb=1" : ""}`}
        uploads={conversation.uploads.shares.value}
        wanted={board.route.value.client === client ? board.route.value.seq : undefined}
        onRetry={(id) => conversation.retry(id)}
        onDiscard={(id) => board.discard(client, id)}
        onOlder={() => conversation.older()}
      />
      <QuickReplies items={view.items} t={t} />
      <Colleagues board={board} t={t} conversation={conversation} />
      <Owner board={board} t={t} client={client} />
      {refusal?.client === client && (
        <div class="wl-line wl-line-refused" role="alert">
          <span>{t.commandRefused(refusal.text)}</span>
          <button
            type="button"
            class="wl-link"
            onClick={() => {
              board.refusal.value = null;
            }}
          >
            {words.hide}
          </button>
        </div>
      )}
      <ReplyBox board={board} t={t} words={words} conversation={conversation} name={name} />
    </>
  );
}

/** The middle pane: the open conversation, or what to do while none is. */
export function ConversationPane({ board, t, words }: Props) {
  const conversation = board.conversation.value;
  const client = conversation?.client ?? null;
  const pane = useRef<HTMLElement>(null);
  const nobody = board.desk.inbox.value.known && board.counts.value.all === 0;

  // On a phone the pane is a new screen: the focus goes with it, or a screen reader stays on a list that is gone.
  useEffect(() => {
    if (
      client !== null &&
      getComputedStyle(pane.current ?? document.body)
        .getPropertyValue("--wl-one-pane")
        .trim() === "1"
    ) {
      document.getElementById("wl-conversation-title")?.focus({ preventScroll: true });
    }
  }, [client]);

  return (
    <section
      ref={pane}
      class="wl-pane-conversation"
      aria-labelledby={conversation ? "wl-conversation-title" : undefined}
    >
      {conversation ? (
        <>
          <Head board={board} t={t} words={words} client={conversation.client} />
          <Talking key={conversation.client} board={board} t={t} words={words} conversation={conversation} />
        </>
      ) : (
        <EmptyState title={t.noConversation} text={nobody ? t.emptyAllText : t.noConversationText} />
      )}
    </section>
  );
}
