import { type ComponentChildren, Fragment } from "preact";
import type { Item } from "../core/view.ts";
import type { Episode } from "../link/desk-api.ts";
import { isGuest } from "../protocol/ids.ts";
import { SAID_KINDS } from "../protocol/kinds.ts";
import { inLang } from "../protocol/translated.ts";
import { areaName } from "../ui/area-name.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { capital, fullDate, languageName, shortWhen } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { personClass } from "../ui/person.ts";
import { PresenceDot } from "../ui/presence-dot.tsx";
import { hasUse, teamName } from "./choices.ts";
import { Consumption } from "./consumption.tsx";
import { routeHash } from "./route.ts";
import type { ClientViewProps } from "./state.ts";
import { clientKind, clientSign, questionWords } from "./summary-text.ts";
import { Tags } from "./tags.tsx";

const SAID: readonly string[] = SAID_KINDS;

/** Count the desk's messages above the client's read marker: those that the client's displays show as unread. */
export const unseenBy = (items: readonly Item[], readSeq: number): number =>
  items.filter(
    ({ side, kind, seq, deleted }) => side === "agent" && SAID.includes(kind) && !deleted && (seq ?? 0) > readSeq,
  ).length;

/** Return `tariff_zone` as "Tariff zone". */
export const attributeName = (name: string): string => capital(name.replaceAll("_", " "));

/** Return the value as people read it: a date of the calendar, a number of the language, yes or no. */
export function attributeText(t: Pick<ClientViewProps["t"], "lang" | "yes" | "no">, value: string | number | boolean) {
  if (typeof value === "boolean") return value ? t.yes : t.no;
  if (typeof value === "number") return value.toLocaleString(t.lang);
  return /^\d{4}-\d{2}-\d{2}$/u.test(value) ? fullDate(t.lang, Date.parse(`${value}T12:00`)) : value;
}

/** Return the rows of the facts table. A row without a value is left out. */
function factsOf({ board, t, client }: ClientViewProps): (readonly [name: string, value: ComponentChildren])[] {
  const facts = board.clients.facts.valueOf(client);
  const conversation = board.conversation.value;
  const unseen = conversation
    ? unseenBy(conversation.view.value.items, conversation.state.markers[client]?.read ?? 0)
    : 0;
  const { meters = [], devices = [], attributes = {} } = facts ?? {};
  return [
    [t.clientId, clientSign(client) !== client && client],
    [
      t.team,
      board.desk.teams.areSeveral && teamName(t, board.desk.teams.of({ team: board.summary.value?.team ?? null })),
    ],
    [t.area, facts?.area && areaName(facts.area)],
    [t.meters(meters.length), meters.join(", ")],
    [
      t.devices(devices.length),
      devices.length > 0 && (
        <span data-testid="devices">
          {devices.map(({ id }) => id).join(", ")} · {unseen === 0 ? t.allSeen : t.unseen(unseen)}
        </span>
      ),
    ],
    [t.language, facts?.lang && languageName(t.lang, facts.lang)],
    [t.mailTo, facts?.mail.address && `${facts.mail.address} (${t.mailState(facts.mail.state)})`],
    [
      t.wasGuest,
      facts?.was && <a href={routeHash({ client: facts.was, pane: "conversation" })}>{board.clientName(facts.was)}</a>,
    ],
    ...Object.entries(attributes).map(([name, value]) => [attributeName(name), attributeText(t, value)] as const),
  ];
}

/** Name the client at the top of the pane, where it takes the conversation's place with the way back. */
function Who({ board, t, words, client }: ClientViewProps) {
  const summary = board.summary.value;
  const name = board.clientName(client);
  const kind = clientKind(t.lang, client, name);
  return (
    <div class="wl-context-who">
      <span class="wl-context-back">
        <Button kind="quiet" icon label={t.closeContext} onClick={() => board.back()}>
          <Icon name="back" />
        </Button>
      </span>
      <span class={`wl-face ${personClass(client)}`}>
        <Avatar name={name} id={client} />
        {summary?.online && <PresenceDot state="online" />}
      </span>
      <div>
        <strong title={client}>{name}</strong>
        <span class="wl-head-facts">{kind ?? capital(summary?.online ? words.online : words.offline)}</span>
      </div>
    </div>
  );
}

function Facts(props: ClientViewProps) {
  const { board, t, client } = props;
  const outage = board.desk.notices.outages.value[board.clients.facts.valueOf(client)?.area ?? ""];
  const facts = factsOf(props).filter(([, value]) => value);
  if (!outage?.text && facts.length === 0) return null;
  return (
    <section class="wl-context-part" aria-labelledby="wl-details">
      <h2 id="wl-details">{t.details}</h2>
      {outage?.text && (
        <p class="wl-context-outage" role="status" data-testid="outage-here">
          <Icon name="outage" />
          {t.outageHere(inLang(outage.text, t.lang))}
        </p>
      )}
      <dl class="wl-facts">
        {facts.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
    </section>
  );
}

/** Say that the notes are missing from the log, where they stand otherwise. */
function MissingNotes({ board, t, client }: Omit<ClientViewProps, "words">) {
  if (board.clients.notes.of(client).state !== "failed") return null;
  return (
    <section class="wl-context-part" aria-labelledby="wl-notes">
      <h2 id="wl-notes">{t.notes}</h2>
      <p class="wl-muted">{t.loadFailed}</p>
    </section>
  );
}

/** Return what is known of how a conversation ended: the client's rating, and whether the use is usual again. */
const outcomeOf = (episode: Episode, t: ClientViewProps["t"], words: ClientViewProps["words"]): string =>
  [
    episode.score === null ? "" : words.rating(episode.score),
    hasUse(episode) ? t.useAfter(episode.use_after === 1) : "",
  ]
    .filter(Boolean)
    .join(" · ");

/** List the resolved conversations by the client's first question, newest first; each links to where it began. */
function Earlier({ board, t, words, client }: ClientViewProps) {
  const load = board.clients.earlier.of(client);
  const episodes = load.state === "loaded" ? load.value.episodes : [];
  // One that was resolved and is open again is the conversation beside this pane.
  const newest = Math.max(...episodes.map(({ seq }) => seq));
  const isOpen = board.summary.value?.status !== "resolved";
  const list = episodes.filter(({ seq, resolved }) => resolved !== null && !(isOpen && seq === newest));
  const empty = { loading: words.loading, failed: t.earlierFailed, loaded: t.noEarlier }[load.state];
  return (
    <section class="wl-context-part" aria-labelledby="wl-earlier">
      <div class="wl-context-head">
        <h2 id="wl-earlier">{t.earlier}</h2>
        {list.length > 0 && <span class="wl-number wl-muted">{list.length}</span>}
      </div>
      {list.length === 0 && <p class="wl-muted">{empty}</p>}
      <ul class="wl-earlier-list">
        {list.map((episode) => (
          <li key={episode.seq}>
            <span class="wl-time wl-muted">
              {shortWhen(t.lang, episode.asked ?? episode.resolved ?? 0, board.now.value)}
            </span>{" "}
            <a href={routeHash({ client, pane: "conversation", seq: episode.seq })} data-testid="earlier">
              {questionWords(episode.question, words) ?? words.deletedText}
            </a>{" "}
            <span class="wl-earlier-by wl-muted">
              {episode.by === null ? t.byNobody : board.nameOf(episode.by).split(" ", 1)}
            </span>{" "}
            <span class="wl-earlier-outcome wl-muted">{outcomeOf(episode, t, words)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Download the client's data or erase it. */
function Files({ board, t, client }: Omit<ClientViewProps, "words">) {
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

/** Show what the board knows about the client beside the messages. */
export function ContextPane(props: ClientViewProps) {
  const { board, t, client } = props;
  return (
    <aside class="wl-pane-context" aria-label={t.openContext}>
      <Who {...props} />
      {!isGuest(client) && <Consumption key={client} {...props} />}
      <Facts {...props} />
      <Tags board={board} t={t} client={client} />
      <MissingNotes board={board} t={t} client={client} />
      <Earlier {...props} />
      <Files board={board} t={t} client={client} />
    </aside>
  );
}
