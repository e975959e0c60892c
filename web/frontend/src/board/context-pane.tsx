import { useState } from "preact/hooks";

import { Button } from "../ui/button.tsx";
import { clock, shortWhen, waitLevel, waitSpan } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import type { BoardTexts, Texts } from "../ui/messages.ts";
import { Consumption } from "./consumption.tsx";
import type { Board } from "./state.ts";

interface Props {
  readonly board: Board;
  readonly t: BoardTexts;
  readonly words: Texts;
}
type PartProps = Props & { readonly client: string };

const PRIORITIES = ["low", "normal", "high"] as const;

function Facts({ board, t, words, client }: PartProps) {
  const summary = board.summary.value;
  const { targetMs } = board.config;
  const assignee = summary?.assignee ?? null;
  const names: Readonly<Record<string, string>> = board.desk.names.value;
  const assigneeName = assignee === null ? t.nobodyYet : (names[assignee] ?? assignee);
  const waited = summary?.waiting != null ? Math.max(0, board.now.value - summary.waiting) : null;
  return (
    <section class="wl-context-part">
      <dl class="wl-facts">
        <dt>{t.clientId}</dt>
        <dd>{client}</dd>
        <dt>{t.assignee}</dt>
        <dd>{assigneeName}</dd>
        <dt>{t.waitingSince}</dt>
        <dd class="wl-number">
          {waited === null ? t.notWaiting : <span class={`wl-wait-${waitLevel(waited, targetMs)}`}>{waitSpan(t.lang, waited)}</span>}
        </dd>
        <dt>{t.status}</dt>
        <dd>{summary?.online ? words.online : words.offline}</dd>
        <dt id="wl-priority">{t.priority}</dt>
        <dd>
          <div class="wl-steps" role="group" aria-labelledby="wl-priority">
          {PRIORITIES.map((level) => (
            <button
              key={level}
              type="button"
              class="wl-step"
              aria-pressed={(summary?.priority ?? "normal") === level}
              onClick={() => board.command(client, { do: "priority", level })}
            >
              {t[level]}
            </button>
          ))}
          </div>
        </dd>
      </dl>
    </section>
  );
}

function Tags({ board, t, client }: Omit<PartProps, "words">) {
  const [adding, setAdding] = useState(false);
  const tags = board.summary.value?.tags ?? [];
  const add = (text: string): void => {
    const tag = text.trim();
    if (tag !== "" && !tags.includes(tag)) board.command(client, { do: "tag", add: [tag], remove: [] });
    setAdding(false);
  };
  return (
    <section class="wl-context-part" aria-labelledby="wl-tags">
      <h2 id="wl-tags">{t.tags}</h2>
      <div class="wl-tags">
        {tags.map((tag) => (
          <span key={tag} class="wl-tag">
            {tag}
            <button
              type="button"
              class="wl-tag-remove"
              aria-label={t.removeTag(tag)}
              onClick={() => board.command(client, { do: "tag", add: [], remove: [tag] })}
            >
              <Icon name="close" />
            </button>
          </span>
        ))}
        {adding ? (
          <input
            class="wl-tag-field"
            aria-label={t.addTag}
            maxLength={32}
            autofocus
            ref={(field: HTMLInputElement | null) => field?.focus()}
            onBlur={(event) => add(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter") add(event.currentTarget.value);
              else if (event.key === "Escape") setAdding(false);
              else return;
              event.preventDefault();
              event.stopPropagation();
            }}
          />
        ) : (
          <button type="button" class="wl-tag wl-tag-add" aria-label={t.addTag} onClick={() => setAdding(true)}>
            {t.addTagShort}
          </button>
        )}
      </div>
    </section>
  );
}

function Notes({ board, t, words, client }: PartProps) {
  const { notes, state } = board.notesOf(client);
  const names = board.desk.names.value;
  return (
    <section class="wl-context-part" aria-labelledby="wl-notes">
      <h2 id="wl-notes">{t.notes}</h2>
      {notes.length === 0 && <p class="wl-muted">{state === "loading" ? words.loading : state === "failed" ? t.loadFailed : t.noNotes}</p>}
      <ul class="wl-notes">
        {[...notes].reverse().map((note) => (
          <li key={note.id}>
            <span class="wl-notes-head">
              {names[note.agent] ?? note.agent} ·{" "}
              <span class="wl-time" title={clock(t.lang, note.at)}>
                {shortWhen(t.lang, note.at, board.now.value)}
              </span>
            </span>
            <span>{note.text}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The right pane: what one knows of the client beside the words. */
export function ContextPane({ board, t, words }: Props) {
  const { client } = board.route.value;
  if (client === null) return <aside class="wl-pane-context" aria-label={t.openContext} />;
  return (
    <aside class="wl-pane-context" aria-label={t.openContext}>
      <div class="wl-context-back">
        <Button kind="quiet" onClick={() => board.back()}>
          <Icon name="back" />
          {t.closeContext}
        </Button>
      </div>
      <Consumption board={board} t={t} words={words} client={client} />
      <Facts board={board} t={t} words={words} client={client} />
      <Tags key={client} board={board} t={t} client={client} />
      <Notes board={board} t={t} words={words} client={client} />
    </aside>
  );
}
