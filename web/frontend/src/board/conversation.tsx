import { useEffect, useRef } from "preact/hooks";

import type { Item } from "../core/view.ts";
import type { Talk } from "../link/talk.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { Composer } from "../ui/composer.tsx";
import { whenNear } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { EmptyState, MessageList } from "../ui/message-list.tsx";
import type { BoardTexts, Texts } from "../ui/messages.ts";
import type { Note } from "../ui/rows.ts";
import { CardChart } from "./card-chart.tsx";
import { Menu } from "./menu.tsx";
import { type Board, snoozeTimes } from "./state.ts";

interface Props {
  readonly board: Board;
  readonly t: BoardTexts;
  readonly words: Texts;
}

const statusWord = (t: BoardTexts, status: "open" | "assigned" | "snoozed" | "resolved"): string =>
  ({ open: t.statusOpen, assigned: t.statusAssigned, snoozed: t.statusSnoozed, resolved: t.statusResolved })[status];

function Head({ board, t, words, client }: Props & { readonly client: string }) {
  const summary = board.summary.value;
  const name = summary?.name ?? words.guest;
  const status = summary?.status ?? "open";
  const { me } = board.config;
  const names = board.desk.names.value;
  const assignee = summary?.assignee ?? null;
  const assigneeName = assignee === null ? null : assignee === me.id ? me.name : (names[assignee] ?? assignee);
  const now = board.now.value;
  const times = snoozeTimes(now);
  const snooze = (until: number) => () => board.command(client, { do: "snooze", until });
  const menu = (which: "assign" | "snooze") => (open: boolean) => {
    board.menu.value = open ? which : null;
  };
  const colleagues = Object.keys(board.desk.agents.value).filter(
    (id) => id !== me.id && board.desk.agents.value[id]?.state !== "offline",
  );
  const until = summary?.until ?? null;
  return (
    <header class="wl-head">
      <span class="wl-head-back">
        <Button kind="quiet" icon label={t.back} onClick={() => board.back()}>
          <Icon name="back" />
        </Button>
      </span>
      <Avatar name={summary?.name ?? null} id={client} />
      <div class="wl-head-who">
        <h2 id="wl-talk-title" tabIndex={-1}>
          {name}
        </h2>{" "}
        <span class="wl-head-facts">
          <span data-testid="client-id">{client}</span> · {summary?.online ? words.online : words.offline} ·{" "}
          <span data-testid="status">
            {status === "snoozed" && until !== null ? t.snoozedUntil(whenNear(t.lang, until, now)) : statusWord(t, status)}
          </span>
        </span>
      </div>
      <span class="wl-head-context">
        <Button kind="quiet" icon label={t.openContext} onClick={() => board.go({ client, pane: "context" })}>
          <Icon name="person" />
        </Button>
      </span>
      <div class="wl-head-actions">
        <Menu
          id="wl-assign-menu"
          label={assigneeName === null ? t.assign : t.assignedMenu(assigneeName)}
          open={board.menu.value === "assign"}
          onOpen={menu("assign")}
          items={[
            { key: me.id, label: t.toMe, checked: assignee === me.id, run: () => board.command(client, { do: "assign", to: me.id }) },
            ...colleagues.map((id) => ({
              key: id,
              label: names[id] ?? id,
              checked: assignee === id,
              run: () => board.command(client, { do: "assign", to: id }),
            })),
            { key: "nobody", label: t.toNobody, checked: assignee === null, run: () => board.command(client, { do: "assign", to: null }) },
          ]}
        >
          {assigneeName === null ? (
            t.assign
          ) : (
            <span>
              <span class="wl-assigned-word">{t.assignedMenu("")}</span>
              {assigneeName}
            </span>
          )}
        </Menu>
        <Menu
          id="wl-snooze-menu"
          label={t.snooze}
          open={board.menu.value === "snooze"}
          onOpen={menu("snooze")}
          disabled={status === "resolved"}
          items={[
            { key: "hour", label: t.snoozeHour, run: snooze(times.hour) },
            ...(times.evening === null ? [] : [{ key: "evening", label: t.snoozeEvening, run: snooze(times.evening) }]),
            { key: "tomorrow", label: t.snoozeTomorrow, run: snooze(times.tomorrow) },
            { key: "monday", label: t.snoozeMonday, run: snooze(times.monday) },
          ]}
        >
          {t.snooze}
        </Menu>
        <Button
          kind={status === "resolved" ? "plain" : "primary"}
          hotkey="e"
          data-testid="resolve"
          onClick={() => board.toggleResolved(client)}
        >
          {status === "resolved" ? t.reopen : t.resolve}
        </Button>
      </div>
    </header>
  );
}

/** Who else is here: two agents on one conversation see each other looking and writing. */
function Colleagues({ board, t, talk }: { readonly board: Board; readonly t: BoardTexts; readonly talk: Talk }) {
  const { me } = board.config;
  const names = board.desk.names.value;
  const named = (id: string): string => names[id] ?? id;
  const writing = talk.view.value.typing.map((who) => who.sender).filter((id) => id !== talk.client && id !== me.id);
  const looking = Object.entries(board.desk.agents.value)
    .filter(([id, agent]) => id !== me.id && agent.viewing.includes(talk.client) && agent.state !== "offline" && !writing.includes(id))
    .map(([id]) => id);
  const sentence =
    writing.length > 0 ? t.alsoTyping(writing.map(named)) : looking.length > 0 ? t.alsoLooking(looking.map(named)) : "";
  return (
    <div role="status" class={sentence === "" ? "wl-hidden" : "wl-line wl-line-also"} data-testid="colleagues">
      {sentence}
    </div>
  );
}

function ReplyBox({ board, t, words, talk, name }: Props & { readonly talk: Talk; readonly name: string }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const { client } = talk;
  const mode = board.modeOf(client);
  const note = mode === "note";
  const choose = (next: "reply" | "note") => () => {
    board.setMode(client, next);
    field.current?.focus();
  };
  return (
    <Composer
      t={words}
      draft={board.draft(client, mode)}
      tone={mode}
      fieldRef={field}
      showKept
      label={note ? t.noteOn(name) : t.replyTo(name)}
      placeholder={note ? t.writeNote : t.writeReply(name)}
      {...(note ? { sendLabel: t.addNote } : {})}
      onInput={(text) => board.setDraft(client, mode, text)}
      onSend={(text) => board.write(client, mode, text)}
      above={
        <div class="wl-switch" role="group" aria-label={t.replyOrNote}>
          <button type="button" class="wl-tab" aria-pressed={!note} data-testid="mode-reply" onClick={choose("reply")}>
            {t.reply}
          </button>
          <button type="button" class="wl-tab" aria-pressed={note} data-testid="mode-note" onClick={choose("note")}>
            {t.note}
          </button>
          {note && <span class="wl-switch-hint">{words.onlyAgents}</span>}
        </div>
      }
    />
  );
}

function Talking({ board, t, words, talk }: Props & { readonly talk: Talk }) {
  const { client } = talk;
  const names = board.desk.names.value;
  const name = board.summary.value?.name ?? words.guest;
  const list = board.notesOf(client);
  const notes: Note[] = list.notes.map((note) => ({ ...note, name: names[note.agent] ?? note.agent }));
  const refusal = board.refusal.value;
  // The client's identifier stands beside its words; a colleague's name beside theirs.
  const sender = (item: Item): string =>
    item.side === "client" ? item.sender : item.side === "agent" ? (item.name ?? names[item.sender] ?? item.sender) : words.support;
  const nameOfId = (id: string): string => (id === board.config.me.id ? board.config.me.name : (names[id] ?? id));
  const view = talk.view.value;
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
        card={(item) => (item.body.card ? <CardChart board={board} words={words} client={client} card={item.body.card} /> : null)}
        onRetry={(id) => talk.retry(id)}
        onDiscard={(id) => board.discard(client, id)}
        onOlder={() => talk.older()}
      />
      <Colleagues board={board} t={t} talk={talk} />
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
      <ReplyBox board={board} t={t} words={words} talk={talk} name={name} />
    </>
  );
}

/** The middle pane: the open conversation, or what to do while none is. */
export function ConversationPane({ board, t, words }: Props) {
  const talk = board.talk.value;
  const client = talk?.client ?? null;
  const pane = useRef<HTMLElement>(null);
  const nobody = board.desk.inbox.value.known && board.counts.value.all === 0;

  // On a phone the pane is a new screen: the focus goes with it, or a screen reader stays on a list that is gone.
  useEffect(() => {
    if (client !== null && getComputedStyle(pane.current ?? document.body).getPropertyValue("--wl-one-pane").trim() === "1") {
      document.getElementById("wl-talk-title")?.focus({ preventScroll: true });
    }
  }, [client]);

  return (
    <section ref={pane} class="wl-pane-talk" aria-labelledby={talk ? "wl-talk-title" : undefined}>
      {talk ? (
        <>
          <Head board={board} t={t} words={words} client={talk.client} />
          <Talking key={talk.client} board={board} t={t} words={words} talk={talk} />
        </>
      ) : (
        <EmptyState title={t.noConversation} text={nobody ? t.emptyAllText : t.noConversationText} />
      )}
    </section>
  );
}
