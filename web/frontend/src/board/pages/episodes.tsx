import { useEffect, useRef, useState } from "preact/hooks";
import type { Episodes as Found } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { whenNear } from "../../ui/format.ts";
import { hasUse } from "../choices.ts";
import { useRequest, WhenLoaded } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { clientKind, questionWords } from "../summary-text.ts";
import { useEscape } from "./escape.ts";
import { Picture } from "./page-icon.tsx";
import { duration } from "./report-words.ts";

/** What a list of conversations counts. */
export type Figure = "asked" | "first_answer" | "resolve" | "automatic" | "satisfaction";

/** A figure, and the address of its conversations. */
export interface Chosen {
  readonly title: string;
  readonly figure: Figure;
  readonly list: string;
  /** How many resolved conversations the list is a part of, if the figure is their share. */
  readonly whole?: number;
}

interface EpisodesProps extends PageProps {
  readonly chosen: Chosen;
  readonly onClose: () => void;
}

type Row = Found["episodes"][number];

/** Return how long the first answer took; the report counts opening hours alone. */
const firstMs = ({ first_ms, asked, answered }: Row): number | null =>
  first_ms ?? (asked === null || answered === null ? null : answered - asked);

/** Return whether no person answered. */
const isAutomatic = ({ answered }: Row): boolean => answered === null;

/** Say whether the first answer came within the target. */
function InTarget({ row, t }: Pick<PageProps, "t"> & { readonly row: Row }) {
  if (typeof row.in_target !== "boolean") return null;
  return (
    <span class={`wl-mark wl-mark-${row.in_target ? "ok" : "warn"}`}>
      <Picture name={row.in_target ? "check" : "hours"} small />
      <span class="wl-as-wide" data-other={row.in_target ? t.late : t.inTime}>
        {row.in_target ? t.inTime : t.late}
      </span>
    </span>
  );
}

/** List the conversations behind a figure; each links to where it began. */
export function Episodes({ board, t, words, chosen, onClose }: EpisodesProps) {
  const { api } = board.desk;
  const [more, setMore] = useState<Found | null>(null);
  const request = useRequest({ key: chosen.list, ask: () => api.episodes(chosen.list, null) });
  const title = useRef<HTMLHeadingElement>(null);
  // Before the heading takes the focus: what opened the list.
  const opener = useRef(document.activeElement);
  useEffect(() => title.current?.focus(), []);
  const close = (): void => {
    onClose();
    if (opener.current instanceof HTMLElement) opener.current.focus();
  };
  useEscape(close);

  const isResolved = chosen.figure === "resolve";
  const isTimed = chosen.figure === "first_answer";
  const nameOf = ({ client, name }: Row): string => board.clientName(client, name);
  const answeredAfter = (row: Row): string => {
    const took = firstMs(row);
    return took === null ? "" : t.answeredAfter(duration(t, took).join("\u00a0")); // 3:10 may be minutes or hours
  };
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
        <Button kind="quiet" onClick={close}>
          {t.close}
        </Button>
      </div>
      <WhenLoaded request={request} t={t} words={words}>
        {(first) => {
          const found = more ?? first;
          if (found.episodes.length === 0) return <p>{t.noEpisodes}</p>;
          const late = found.episodes.filter(({ in_target }) => in_target === false).length;
          const inTime = found.episodes.filter(({ in_target }) => in_target === true).length;
          const counts = [
            chosen.whole === undefined
              ? t.episodesFound(found.episodes.length)
              : t.ofResolved(found.episodes.length, chosen.whole),
            isTimed && inTime + late > 0 && t.inTimeAndLate(inTime, late),
            isResolved && `${t.count(found.episodes.filter(isAutomatic).length)} ${t.byBot}`,
          ];
          return (
            <>
              {found.cursor === null && <p class="wl-muted wl-number">{counts.filter(Boolean).join(" · ")}</p>}
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
                    <span class="wl-muted wl-number wl-episode-facts">
                      {isTimed && <InTarget row={episode} t={t} />}
                      {isResolved && isAutomatic(episode) && <span class="wl-mark">{t.byBot}</span>}
                      {[
                        isTimed ? answeredAfter(episode) : "",
                        episode.asked === null ? "" : whenNear(t.lang, episode.asked, board.now.value),
                        isTimed ? "" : answeredAfter(episode),
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
