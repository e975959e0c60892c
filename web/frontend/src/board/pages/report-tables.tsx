import { useState } from "preact/hooks";

import type { AgentFigures, Report } from "../../link/desk-api.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { Button } from "../../ui/button.tsx";
import { percent, whenNear } from "../../ui/format.ts";
import { personClass } from "../../ui/person.ts";
import { routeHash } from "../route.ts";
import { type Column, DataTable } from "./data-table.tsx";
import { Panel } from "./page-head.tsx";
import { ShareBar } from "./report-charts.tsx";
import { listOf, type ReportProps } from "./report-parts.tsx";
import { duration, isCompared } from "./report-words.ts";

const TAGS_AT_FIRST = 6;
/** Below this share of questions answered in time the figure stands out. */
const FEW_PERCENT = 80;

/** Show what each agent did; every column sorts. */
export function AgentTable({ t, found }: ReportProps) {
  const time = (ms: number | null): string => {
    if (ms === null) return "–";
    return duration(t, ms).join("\u00a0"); // with its unit: 2:40 may be minutes or hours
  };
  const number = (
    id: keyof AgentFigures,
    label: string,
    show: (value: number) => string = t.count,
  ): Column<AgentFigures> => ({
    id,
    label,
    isNumber: true,
    sortBy: (row) => row[id],
    cell: (row) => {
      const value = row[id] as number | null;
      return value === null ? "–" : show(value);
    },
  });
  return (
    <Panel title={t.byAgent}>
      {found.agents.length === 0 ? (
        <p class="wl-hint">{t.noAgentFigures}</p>
      ) : (
        <DataTable
          label={t.byAgent}
          columns={[
            {
              id: "agent",
              label: t.agent,
              sortBy: ({ name }) => name,
              cell: ({ agent, name }) => (
                <span class={`wl-person ${personClass(agent)}`}>
                  <Avatar name={name} id={agent} small />
                  {name}
                </span>
              ),
            },
            number("answered", t.answered),
            number("resolved", t.resolved),
            number("first_ms", t.firstShort, time),
            {
              ...number("in_target", t.inTargetShort(found.target_min)),
              cell: ({ in_target: share }) =>
                share === null ? (
                  "–"
                ) : (
                  <span class={share < FEW_PERCENT ? "wl-few" : undefined}>
                    {percent(t.lang, share / 100).replace("+", "")}
                  </span>
                ),
            },
            number("resolve_ms", t.toResolve, time),
            number("satisfaction", t.satisfaction, t.score),
          ]}
          rows={found.agents}
          order={{ column: "resolved", isDown: true }}
          keyOf={({ agent }) => agent}
        />
      )}
    </Panel>
  );
}

interface TagRow {
  readonly tag: string;
  readonly n: number;
  readonly change: number;
}

/** Return the tags that conversations of the period have. */
const tagRows = ({ tags, tags_before: before }: Report): readonly TagRow[] =>
  Object.entries(tags)
    .filter(([, n]) => n > 0)
    .map(([tag, n]) => ({ tag, n, change: n - (before[tag] ?? 0) }))
    .sort((a, b) => b.n - a.n);

/** Show how many conversations have each tag, and how many more than before. */
export function TagTable({ t, found }: ReportProps) {
  const [isAll, setAll] = useState(false);
  const rows = tagRows(found);
  const most = Math.max(...rows.map(({ n }) => n), 1);
  return (
    <Panel
      title={t.byTag}
      aside={
        !isAll &&
        rows.length > TAGS_AT_FIRST && (
          <Button kind="quiet" onClick={() => setAll(true)}>
            {t.allOf(rows.length)}
          </Button>
        )
      }
    >
      {rows.length === 0 ? (
        <p class="wl-hint">{t.noTags}</p>
      ) : (
        <DataTable
          label={t.byTag}
          isSmall
          order={{ column: "n", isDown: true }}
          columns={[
            {
              id: "tag",
              label: t.tag,
              sortBy: ({ tag }) => tag,
              cell: ({ tag }) => <span class="wl-mark">{tag}</span>,
            },
            { id: "share", label: "", cell: ({ n }) => <ShareBar share={n / most} /> },
            {
              id: "n",
              label: t.number,
              isNumber: true,
              sortBy: ({ n }) => n,
              cell: ({ n }) => <strong>{t.count(n)}</strong>,
            },
            ...(isCompared(found)
              ? [
                  {
                    id: "change",
                    label: t.change,
                    isNumber: true,
                    sortBy: ({ change }: TagRow) => change,
                    cell: ({ change }: TagRow) => t.signed(change),
                  },
                ]
              : []),
          ]}
          rows={isAll ? rows : rows.slice(0, TAGS_AT_FIRST)}
          keyOf={({ tag }) => tag}
        />
      )}
    </Panel>
  );
}

/** Show the scores and the words beside them; a score opens its conversations. */
export function Satisfaction({ board, t, found, choose }: ReportProps) {
  const { satisfaction: mean, ratings, resolved } = found.totals;
  const [areWordsShown, setWordsShown] = useState(false);
  if (ratings === 0)
    return (
      <Panel title={t.satisfaction}>
        <p class="wl-hint">{t.noRatings}</p>
      </Panel>
    );
  return (
    <Panel
      title={t.satisfaction}
      aside={
        found.words.length > 0 && (
          <Button kind="quiet" aria-expanded={areWordsShown} onClick={() => setWordsShown(!areWordsShown)}>
            {t.readWords(found.words.length)}
          </Button>
        )
      }
    >
      <p class="wl-figure">
        {mean === null ? "–" : t.score(mean)}
        {mean !== null && <small>{t.ofFive}</small>}
        <span class="wl-hint">{resolved === undefined ? t.ratings(ratings) : t.ratingsBeside(ratings, resolved)}</span>
      </p>
      <div class="wl-score-list">
        {[5, 4, 3, 2, 1].map((score) => {
          const n = found.scores[String(score)] ?? 0;
          return (
            <button
              key={score}
              type="button"
              class="wl-score"
              disabled={n === 0}
              onClick={() =>
                choose({
                  title: t.scoreOf(score),
                  figure: "satisfaction",
                  list: listOf("satisfaction", found, `&score=${score}`),
                  count: n,
                })
              }
            >
              <span>{t.scoreName(score)}</span>
              <ShareBar share={n / ratings} level={score} />
              <strong>{t.count(n)}</strong>
            </button>
          );
        })}
      </div>
      {areWordsShown && (
        <ul class="wl-rating-words">
          {found.words.map(({ client, name, seq, at, score, text }) => (
            <li key={`${client} ${seq}`}>
              <p>{text}</p>
              <a href={routeHash({ client, pane: "conversation", seq })}>{board.clientName(client, name)}</a>{" "}
              <span class="wl-muted">
                {t.scoreName(score)} · {whenNear(t.lang, at, board.now.value)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
