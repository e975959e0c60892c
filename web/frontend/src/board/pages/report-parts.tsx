import type { Report } from "../../link/desk-api.ts";
import { Menu } from "../menu.tsx";
import type { PageProps } from "../state.ts";
import type { Chosen, Figure } from "./episodes.tsx";
import { Picture } from "./page-icon.tsx";

export interface ReportProps extends PageProps {
  readonly found: Report;
  readonly choose: (chosen: Chosen) => void;
}

/** Return the address of the conversations that a figure counts. */
export const listOf = (figure: Figure, { from, to, agent }: Report, more = ""): string =>
  `/api/episodes?figure=${figure}&from=${from}&to=${to}${agent ? `&agent=${agent}` : ""}${more}`;

export interface Answerer {
  readonly id: string;
  readonly name: string;
}

interface AgentChoiceProps extends Pick<PageProps, "board" | "t"> {
  /** Who answered in a shown period, by id. */
  readonly names: Readonly<Record<string, string>>;
  readonly chosen: Answerer | null;
  readonly onChoose: (agent: Answerer | null) => void;
}

/** Choose whose conversations are counted: of today's team, or of who answered in a shown period; everybody's at first. */
export function AgentChoice({ board, t, names, chosen, onChoose }: AgentChoiceProps) {
  const people = new Map(chosen ? [[chosen.id, chosen.name]] : []);
  for (const [id, name] of Object.entries(names)) people.set(id, name);
  for (const { id, name } of board.team.value) people.set(id, name);
  const sorted = [...people].sort(([, name], [, other]) => name.localeCompare(other, t.lang));
  return (
    <select
      class="wl-input wl-report-agent"
      data-testid="report-agent"
      aria-label={t.countedOf}
      value={chosen?.id ?? ""}
      onChange={({ currentTarget: { value: id } }) => onChoose(id ? { id, name: people.get(id) ?? id } : null)}
    >
      <option value="">{t.everybody}</option>
      {sorted.map(([id, name]) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

const TABLES = ["days", "hours", "agents", "tags", "replies", "ratings"] as const;

interface CsvMenuProps extends Pick<PageProps, "board" | "t"> {
  /** As the query of the report has it. */
  readonly period: string;
  /** The report could not be loaded: its tables could not be either. */
  readonly isOff: boolean;
}

/** Offer each of the report's tables as CSV, behind one button. */
export function CsvMenu({ board, t, period, isOff }: CsvMenuProps) {
  const names = {
    ...{ days: t.perDay, hours: t.whenWritten, agents: t.byAgent, tags: t.byTag },
    ...{ replies: t.firstReplies, ratings: t.satisfaction },
  };
  const save = (table: string): void => {
    const link = document.createElement("a");
    link.href = `${board.config.api}/api/reports/${table}.csv?${period}`;
    link.download = "";
    link.click();
  };
  return (
    <Menu
      board={board}
      name="csv"
      label={t.exportCsv}
      testId="csv"
      disabled={isOff}
      items={() => TABLES.map((table) => ({ key: table, label: names[table], run: () => save(table) }))}
    >
      <Picture name="download" small />
      <span>{t.exportCsv}</span>
    </Menu>
  );
}
