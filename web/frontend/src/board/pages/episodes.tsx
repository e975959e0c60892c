import { useEffect, useRef, useState } from "preact/hooks";
import type { Episodes as Found } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { whenNear } from "../../ui/format.ts";
import { hasUse } from "../choices.ts";
import { useRequest } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { clientKind, questionWords } from "../summary-text.ts";
import { type Column, DataTable } from "./data-table.tsx";
import { useEscape } from "./escape.ts";
import { Picture } from "./page-icon.tsx";
import { duration } from "./report-words.ts";
import { WhenLoaded } from "./when-loaded.tsx";

/** What a list of conversations counts. */
export type Figure = "asked" | "first_answer" | "resolve" | "automatic" | "satisfaction";

/** A figure, and the address of its conversations. */
export interface Chosen {
  readonly title: string;
  readonly figure: Figure;
  readonly list: string;
  /** How many conversations the figure counts; without it a list of several pages has no count. */
  readonly count?: number;
  /** How many resolved conversations the list is a part of, if the figure is their share. */
  readonly whole?: number;
}

interface EpisodesProps extends PageProps {
  readonly chosen: Chosen;
  readonly onClose: () => void;
}

type Row = Found["episodes"][number];
const MINUTE_MS = 60_000;

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
      {row.in_target ? t.inTime : t.late}
    </span>
  );
}

type ColumnsProps = PageProps & { readonly chosen: Chosen; readonly found: Found };

/** Return the columns that a figure's list needs; a column in which no conversation has anything is left out. */
function columnsOf({ board, t, words, chosen: { figure }, found }: ColumnsProps): readonly Column<Row>[] {
  const { episodes, names } = found;
  const nameOf = ({ client, name }: Row): string => board.clientName(client, name);
  const agentOf = ({ by }: Row): string => (by === null ? "" : (names[by] ?? board.nameOf(by)));
  const when = (at: number | null): string => (at === null ? "" : whenNear(t.lang, at, board.now.value));
  const columns: readonly (Column<Row> | false)[] = [
    {
      id: "client",
      label: t.client,
      sortBy: nameOf,
      cell: (row) => (
        <span>
          <a href={routeHash({ client: row.client, pane: "conversation", seq: row.seq })}>{nameOf(row)}</a>{" "}
          <span class="wl-muted">{clientKind(t.lang, row.client, nameOf(row))}</span>
        </span>
      ),
    },
    {
      id: "question",
      label: t.episodeQuestion,
      cell: ({ question, asked }) => (
        <span class="wl-episode-words">
          {questionWords(question, words) ?? (asked === null ? "" : words.deletedText)}
        </span>
      ),
    },
    {
      id: "asked",
      label: t.incidentAskedAt,
      isNumber: true,
      sortBy: ({ asked }) => asked,
      cell: (row) => when(row.asked),
    },
    {
      id: "first",
      label: t.firstShort,
      isNumber: true,
      sortBy: firstMs,
      cell: (row) => {
        const took = firstMs(row);
        if (took !== null) return duration(t, took).join("\u00a0"); // 3:10 may be minutes or hours
        return <span class="wl-mark">{row.resolved === null ? t.statusOpen : t.byBot}</span>;
      },
    },
    figure === "first_answer" &&
      episodes.some(({ in_target }) => typeof in_target === "boolean") && {
        id: "target",
        label: t.inTargetShort(board.config.targetMs / MINUTE_MS),
        sortBy: ({ in_target }) => (typeof in_target === "boolean" ? Number(in_target) : null),
        cell: (row) => <InTarget row={row} t={t} />,
      },
    figure === "resolve" && {
      id: "took",
      label: t.toResolve,
      isNumber: true,
      sortBy: ({ resolve_ms = null }) => resolve_ms,
      cell: ({ resolve_ms = null }) => (resolve_ms === null ? "" : duration(t, resolve_ms).join("\u00a0")),
    },
    figure === "automatic" && {
      id: "resolved",
      label: t.resolved,
      isNumber: true,
      sortBy: ({ resolved }) => resolved,
      cell: (row) => when(row.resolved),
    },
    episodes.some(({ by }) => by !== null) && {
      id: "agent",
      label: t.agent,
      sortBy: (row) => agentOf(row) || null,
      cell: agentOf,
    },
    episodes.some(({ score }) => score !== null) && {
      id: "score",
      label: t.episodeRating,
      isNumber: true,
      sortBy: ({ score }) => score,
      cell: ({ score }) => (score === null ? "" : `${score} ${t.ofFive}`),
    },
    episodes.some(hasUse) && {
      id: "use",
      label: t.consumption,
      cell: (row) => (hasUse(row) ? t.useAfter(row.use_after === 1) : ""),
    },
  ];
  return columns.filter((column) => column !== false);
}

/** As many are on the server's first page. */
const PAGE_ROWS = 50;
/** What a figure's list has that tells no count: it is a part of what was resolved. */
const SOME_ROWS = 5;
const NEWEST = { column: "asked", isDown: true };
const NONE: Found = { episodes: [], names: {}, cursor: null };
const SHAPE = <span class="wl-cell-shape wl-skeleton" />;

/** Take the room of the list while it loads, with the names of the columns that it has in any case. */
function Shape(props: PageProps & { readonly chosen: Chosen }) {
  const { title, count = SOME_ROWS } = props.chosen;
  const columns = columnsOf({ ...props, found: NONE }).map(({ id, label, isNumber = false, sortBy }) => {
    const cell = () => (id === "question" ? <span class="wl-episode-words">{SHAPE}</span> : SHAPE);
    return { id, label, isNumber, ...(sortBy && { sortBy: () => null }), cell };
  });
  return (
    <div class="wl-episodes" inert>
      <DataTable
        label={title}
        columns={columns}
        rows={Array.from({ length: Math.min(count, PAGE_ROWS) }, (_, place) => ({ place }))}
        order={NEWEST}
        keyOf={({ place }) => String(place)}
      />
    </div>
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
      <WhenLoaded request={request} t={t} words={words} shape={<Shape {...{ board, t, words, chosen }} />}>
        {(first) => {
          const found = more ?? first;
          if (found.episodes.length === 0) return <p>{t.noEpisodes}</p>;
          const late = found.episodes.filter(({ in_target }) => in_target === false).length;
          const inTime = found.episodes.filter(({ in_target }) => in_target === true).length;
          const shown = found.episodes.length;
          const counts =
            found.cursor === null
              ? [
                  chosen.whole === undefined ? t.episodesFound(shown) : t.ofResolved(shown, chosen.whole),
                  isTimed && inTime + late > 0 && t.inTimeAndLate(inTime, late),
                  isResolved && `${t.count(found.episodes.filter(isAutomatic).length)} ${t.byBot}`,
                ]
              : [t.episodesShown(shown, Math.max(chosen.count ?? 0, shown))];
          return (
            <>
              <p class="wl-muted wl-number">{counts.filter(Boolean).join(" · ")}</p>
              <div class="wl-episodes">
                <DataTable
                  label={chosen.title}
                  columns={columnsOf({ board, t, words, chosen, found })}
                  rows={found.episodes}
                  order={NEWEST}
                  keyOf={({ client, seq }) => `${client}/${seq}`}
                  mark={() => ({ "data-testid": "episode" })}
                />
                {found.cursor !== null && (
                  <div class="wl-inline">
                    <Button onClick={() => void next(found)}>{t.loadMore}</Button>
                  </div>
                )}
              </div>
            </>
          );
        }}
      </WhenLoaded>
    </section>
  );
}
