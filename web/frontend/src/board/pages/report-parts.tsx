import type { Report } from "../../link/desk-api.ts";
import { Menu } from "../menu.tsx";
import type { PageProps } from "../state.ts";
import type { Chosen } from "./episodes.tsx";
import { Picture } from "./page-icon.tsx";

export interface ReportProps extends PageProps {
  readonly found: Report;
  readonly choose: (chosen: Chosen) => void;
}

/** Return the address of the conversations that a figure counts. */
export const listOf = (figure: string, { from, to }: Report, more = ""): string =>
  `/api/episodes?figure=${figure}&from=${from}&to=${to}${more}`;

const TABLES = ["days", "hours", "agents", "tags", "ratings"] as const;

interface CsvMenuProps extends Pick<PageProps, "board" | "t"> {
  /** As the query of the report has it. */
  readonly period: string;
}

/** Offer each of the report's tables as CSV, behind one button. */
export function CsvMenu({ board, t, period }: CsvMenuProps) {
  const names = { days: t.perDay, hours: t.whenWritten, agents: t.byAgent, tags: t.byTag, ratings: t.satisfaction };
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
      items={() => TABLES.map((table) => ({ key: table, label: names[table], run: () => save(table) }))}
    >
      <Picture name="download" small />
      <span>{t.exportCsv}</span>
    </Menu>
  );
}
