import { questionOf, type Summary } from "../core/inbox.ts";
import type { Hit } from "../link/desk-api.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { shortWhen } from "../ui/format.ts";
import { EmptyPicture } from "../ui/icon.tsx";
import { EmptyState } from "../ui/message-list.tsx";
import { whyNot } from "../ui/messages.ts";
import { personClass } from "../ui/person.ts";
import { Row } from "./inbox-row.tsx";
import { parseQuery, ROW_SIZE, snippet } from "./search.ts";
import type { SearchState } from "./searching.ts";
import type { ViewProps } from "./state.ts";

/** Return the part of a text around its first hit, with every hit marked. */
const marked = (text: string, found: readonly string[], size?: typeof ROW_SIZE) =>
  snippet(text, found, size).map((part) => (part.hit ? <mark>{part.text}</mark> : part.text));

/** Return the hits that no row above shows already: a row shows the client's question, else the last words. */
export const besideRows = (hits: readonly Hit[], rows: readonly Summary[]): readonly Hit[] => {
  const shown = new Map(rows.map((row) => [row.client, (questionOf(row) ?? row.last)?.seq]));
  return hits.filter(({ client, seq }) => shown.get(client) !== seq);
};

type Found = Extract<SearchState, { state: "found" }>;

function HitRow({ hit, found, board, t, words }: ViewProps & { readonly hit: Hit; readonly found: Found }) {
  const { client, seq } = board.route.value;
  const open = client === hit.client && seq === hit.seq;
  const { names } = found;
  const name = board.clientName(hit.client, hit.name ?? names[hit.client]);
  const sender = hit.from === board.config.me.id ? words.you : (names[hit.from] ?? hit.from);
  return (
    <li>
      <button
        type="button"
        class={open ? "wl-row wl-row-open" : "wl-row"}
        aria-current={open ? "true" : undefined}
        data-testid="hit"
        onClick={() => board.open(hit.client, hit.seq)}
      >
        <span class={`wl-face ${personClass(hit.client)}`}>
          <Avatar name={name} id={hit.client} />
        </span>
        <span class="wl-row-lines">
          <span class="wl-row-line">
            <span class="wl-row-name" title={hit.client}>
              {name}
            </span>{" "}
            <span class="wl-wait wl-time">{shortWhen(t.lang, hit.at, board.now.value)}</span>
          </span>
          <span class="wl-hit-text">
            {hit.from === hit.client ? "" : `${sender}: `}
            {marked(hit.text, found.words)}
          </span>
        </span>
      </button>
    </li>
  );
}

function Messages({ board, t, words, found }: ViewProps & { readonly found: SearchState }) {
  switch (found.state) {
    case "idle":
      return <p class="wl-rows-hint">{t.searchLonger}</p>;
    case "searching":
      return <p class="wl-rows-hint">{words.loading}</p>;
    case "nothing":
      return <p class="wl-rows-hint">{t.noHits}</p>;
    case "refused":
      return <p class="wl-rows-hint wl-bad">{whyNot(t.lang, found.fault.why, found.fault.text)}</p>;
    case "failed":
      return <p class="wl-rows-hint wl-bad">{t.searchFailed}</p>;
    case "found":
      return (
        <>
          <ul class="wl-hits">
            {found.hits.map((hit) => (
              <HitRow key={`${hit.client}/${hit.seq}`} {...{ hit, found, board, t, words }} />
            ))}
          </ul>
          {found.cursor !== null && (
            <div class="wl-rows-more">
              <Button kind="quiet" onClick={() => void board.searching.more()}>
                {t.loadMore}
              </Button>
            </div>
          )}
        </>
      );
  }
}

/** Show the matching rows of the list, then the server's hits in all messages. */
export function SearchResults({ board, t, words }: ViewProps) {
  const list = board.list.rows.value;
  const found = board.searching.results.value;
  const query = board.query.value.trim();
  const wanted = parseQuery(query).words;
  const others: SearchState = found.state === "found" ? { ...found, hits: besideRows(found.hits, list) } : found;
  const allAbove = others.state === "found" && others.hits.length === 0 && others.cursor === null;
  const nothing = list.length === 0 && found.state === "nothing";
  const isFiltered = /(?:^|\s)from:/iu.test(query);
  return (
    <div class="wl-rows" data-testid="results">
      <p class="wl-hidden" role="status">
        {found.state === "found" ? t.hitCount(found.hits.length) : found.state === "nothing" ? t.noHits : ""}
      </p>
      {nothing ? (
        <EmptyState title={t.nothingFound(query)} text={isFiltered ? t.nothingFoundInAll : t.nothingFoundText}>
          <EmptyPicture name="search" />
          {isFiltered ? (
            <Button onClick={() => void (board.query.value = "")}>{t.clearSearch}</Button>
          ) : (
            <Button onClick={() => void (board.query.value = `${query} from:all`)}>{t.searchAll}</Button>
          )}
        </EmptyState>
      ) : (
        <>
          {list.length > 0 && (
            <section aria-labelledby="wl-found-rows">
              <h2 class="wl-rows-title" id="wl-found-rows">
                {t.inboxLabel}
              </h2>
              <ul>
                {list.map((summary) => (
                  <li key={summary.client}>
                    <Row {...{ summary, board, t, words }} mark={(text) => marked(text, wanted, ROW_SIZE)} />
                  </li>
                ))}
              </ul>
            </section>
          )}
          {!allAbove && (
            <section aria-labelledby="wl-found-messages">
              <h2 class="wl-rows-title" id="wl-found-messages">
                {t.messages}
              </h2>
              <Messages board={board} t={t} words={words} found={others} />
            </section>
          )}
        </>
      )}
      <p class="wl-rows-hint">{t.searchFilters}</p>
    </div>
  );
}
