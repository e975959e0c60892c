import { useEffect, useRef, useState } from "preact/hooks";
import type { Episodes as Found } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { span, whenNear } from "../../ui/format.ts";
import { hasUse } from "../choices.ts";
import { useRequest, WhenLoaded } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { clientKind, questionWords } from "../summary-text.ts";

/** A figure, and the address of its conversations. */
export interface Chosen {
  readonly title: string;
  readonly list: string;
}

interface EpisodesProps extends PageProps {
  readonly chosen: Chosen;
  readonly onClose: () => void;
}

/** List the conversations behind a figure; each links to where it began. */
export function Episodes({ board, t, words, chosen, onClose }: EpisodesProps) {
  const { api } = board.desk;
  const [more, setMore] = useState<Found | null>(null);
  const request = useRequest({ key: chosen.list, ask: () => api.episodes(chosen.list, null) });
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);

  const nameOf = ({ client, name }: Found["episodes"][number]): string => board.clientName(client, name);
  const next = async (shown: Found): Promise<void> => {
    const page = await api.episodes(chosen.list, shown.cursor).catch(() => null);
    if (page)
      setMore({
        episodes: [...shown.episodes, ...page.episodes],
        names: { ...shown.names, ...page.names },
        cursor: page.cursor,
      });
  };
  return (
    <section aria-labelledby="wl-episodes" data-testid="episodes">
      <div class="wl-context-head">
        <h2 id="wl-episodes" ref={title} tabIndex={-1}>
          {chosen.title}
        </h2>
        <Button kind="quiet" onClick={onClose}>
          {t.close}
        </Button>
      </div>
      <WhenLoaded request={request} t={t} words={words}>
        {(first) => {
          const found = more ?? first;
          if (found.episodes.length === 0) return <p>{t.noEpisodes}</p>;
          return (
            <>
              {found.cursor === null && <p class="wl-muted">{t.episodesFound(found.episodes.length)}</p>}
              <ul class="wl-outages wl-episodes">
                {found.episodes.map((episode) => (
                  <li key={`${episode.client}/${episode.seq}`} data-testid="episode">
                    <span>
                      <a href={routeHash({ client: episode.client, pane: "conversation", seq: episode.seq })}>
                        {nameOf(episode)}
                      </a>{" "}
                      <span class="wl-muted">{clientKind(t.lang, episode.client, nameOf(episode))}</span>
                    </span>
                    <span class="wl-episode-words">
                      {questionWords(episode.question, words) ?? (episode.asked === null ? "" : words.deletedText)}
                    </span>
                    <span class="wl-muted wl-number">
                      {[
                        episode.asked === null ? "" : whenNear(t.lang, episode.asked, board.now.value),
                        episode.asked !== null && episode.answered !== null
                          ? t.answeredAfter(span(t.lang, episode.answered - episode.asked))
                          : "",
                        episode.by === null ? "" : (found.names[episode.by] ?? board.nameOf(episode.by)),
                        episode.score === null ? "" : words.rating(episode.score),
                        hasUse(episode) ? t.useAfter(episode.use_after === 1) : "",
                      ]
                        .filter(Boolean)
                        .join(" · ")}
                    </span>
                  </li>
                ))}
              </ul>
              {found.cursor !== null && <Button onClick={() => void next(found)}>{t.loadMore}</Button>}
            </>
          );
        }}
      </WhenLoaded>
    </section>
  );
}
