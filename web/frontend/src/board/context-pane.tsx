import type { Item } from "../core/view.ts";
import { SAID_KINDS } from "../protocol/kinds.ts";
import { inLang } from "../protocol/translated.ts";
import { Button } from "../ui/button.tsx";
import { clock, languageName, shortWhen, waitLevel, waitSpan } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import type { BoardTexts, Texts } from "../ui/messages.ts";
import { Consumption } from "./consumption.tsx";
import { routeHash } from "./route.ts";
import type { Board } from "./state.ts";
import { Tags } from "./tags.tsx";

const SAID: readonly string[] = SAID_KINDS;

/** Count what stands unread on a client's display: the desk's messages above the client's own marker. */
export const unseenBy = (items: readonly Item[], readSeq: number): number =>
  items.filter(
    ({ side, kind, seq, deleted }) => side === "agent" && SAID.includes(kind) && !deleted && (seq ?? 0) > readSeq,
  ).length;

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
  const facts = board.clients.facts.value[client];
  const outage = board.desk.notices.outages.value[facts?.area ?? ""];
  const conversation = board.conversation.value;
  const unseen = conversation
    ? unseenBy(conversation.view.value.items, conversation.state.markers[client]?.read ?? 0)
    : 0;
  const waited = summary?.waiting != null ? Math.max(0, board.now.value - summary.waiting) : null;
  return (
    <section class="wl-context-part">
      {outage?.text && (
        <p class="wl-bad" role="status" data-testid="outage-here">
          {t.outageHere(inLang(outage.text, t.lang))}
        </p>
      )}
      <dl class="wl-facts">
        <dt>{t.clientId}</dt>
        <dd>{client}</dd>
        <dt>{t.assignee}</dt>
        <dd>{assigneeName}</dd>
        <dt>{t.waitingSince}</dt>
        <dd class="wl-number">
          {waited === null ? (
            t.notWaiting
          ) : (
            <span class={`wl-wait-${waitLevel(waited, targetMs)}`}>{waitSpan(t.lang, waited)}</span>
          )}
        </dd>
        {facts?.area && (
          <>
            <dt>{t.area}</dt>
            <dd>{facts.area}</dd>
          </>
        )}
        {facts && facts.meters.length > 0 && (
          <>
            <dt>{t.meters(facts.meters.length)}</dt>
            <dd>{facts.meters.join(", ")}</dd>
          </>
        )}
        {facts && facts.devices.length > 0 && (
          <>
            <dt>{t.devices(facts.devices.length)}</dt>
            <dd data-testid="devices">
              {facts.devices.map(({ id }) => id).join(", ")} · {unseen === 0 ? t.allSeen : t.unseen(unseen)}
            </dd>
          </>
        )}
        {facts?.lang && (
          <>
            <dt>{t.language}</dt>
            <dd>{languageName(t.lang, facts.lang)}</dd>
          </>
        )}
        {facts?.was && (
          <>
            <dt>{t.wasGuest}</dt>
            <dd>
              <a href={routeHash({ client: facts.was, pane: "conversation" })}>{facts.was}</a>
            </dd>
          </>
        )}
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

function Notes({ board, t, words, client }: PartProps) {
  const { notes, state } = board.notesOf(client);
  const names = board.desk.names.value;
  return (
    <section class="wl-context-part" aria-labelledby="wl-notes">
      <h2 id="wl-notes">{t.notes}</h2>
      {notes.length === 0 && (
        <p class="wl-muted">{state === "loading" ? words.loading : state === "failed" ? t.loadFailed : t.noNotes}</p>
      )}
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

/** What was talked about and resolved before, newest first; each opens in its place. */
function Earlier({ board, t, words, client }: PartProps) {
  const earlier = board.clients.earlier.value[client] ?? { state: "loading" };
  const list = earlier.state === "loaded" ? earlier.episodes.filter((episode) => episode.resolved !== null) : [];
  const empty = { loading: words.loading, failed: t.earlierFailed, loaded: t.noEarlier }[earlier.state];
  return (
    <section class="wl-context-part" aria-labelledby="wl-earlier">
      <h2 id="wl-earlier">{list.length > 0 ? t.earlierCount(list.length) : t.earlier}</h2>
      {list.length === 0 && <p class="wl-muted">{empty}</p>}
      <ul class="wl-earlier-list">
        {list.map((episode) => (
          <li key={episode.seq}>
            <a href={routeHash({ client, pane: "conversation", seq: episode.seq })} data-testid="earlier">
              {shortWhen(t.lang, episode.asked ?? episode.resolved ?? 0, board.now.value)}
            </a>{" "}
            <span class="wl-muted">
              {[
                episode.by === null ? "" : board.nameOf(episode.by),
                episode.score === null ? "" : words.rating(episode.score),
              ]
                .filter(Boolean)
                .join(", ")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What one takes away, or away from here. */
function Files({ board, t, client }: Omit<PartProps, "words">) {
  const base = `${board.config.api}/api/clients/${client}`;
  return (
    <section class="wl-context-part" aria-labelledby="wl-files">
      <h2 id="wl-files">{t.keepOrErase}</h2>
      <div class="wl-actions">
        <a class="wl-button" href={`${base}/transcript?format=html&lang=${t.lang}`} download data-testid="transcript">
          {t.transcript}
        </a>
        <a class="wl-button" href={`${base}/transcript?format=txt&lang=${t.lang}`} download>
          {t.transcriptText}
        </a>
        {board.config.me.admin && (
          <>
            <a class="wl-button" href={`${base}/export`} download data-testid="export">
              {t.export}
            </a>
            <Button kind="bad" data-testid="erase" onClick={() => void (board.dialog.value = "erase")}>
              {t.erase}
            </Button>
          </>
        )}
      </div>
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
      <Earlier board={board} t={t} words={words} client={client} />
      <Files board={board} t={t} client={client} />
    </aside>
  );
}
