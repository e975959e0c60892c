import type { Report } from "../../link/desk-api.ts";
import { Menu } from "../menu.tsx";
import type { PageProps } from "../state.ts";
import type { Chosen } from "./episodes.tsx";
import { Picture } from "./page-icon.tsx";

export interface ReportProps extends PageProps {
  readonly found: Report;
  readonly days: number;
  readonly choose: (chosen: Chosen) => void;
}

/** Return the address of the conversations that a figure counts. */
export const listOf = (figure: string, { from, to }: Report, more = ""): string =>
  `/api/episodes?figure=${figure}&from=${from}&to=${to}${more}`;

/** Offer each table of the report as CSV. */
export function CsvLinks({ board, t, days }: Pick<ReportProps, "board" | "t" | "days">) {
  const tables = {
    days: t.perDay,
    hours: t.whenWritten,
    agents: t.byAgent,
    tags: t.byTag,
    ratings: t.satisfaction,
  };
  return (
    <Menu
      board={board}
      name="csv"
      label={t.exportCsv}
      items={Object.entries(tables).map(([table, label]) => ({
        key: table,
        label,
        run: () => location.assign(`${board.config.api}/api/reports/${table}.csv?days=${days}`),
      }))}
    >
      <Picture name="download" small />
      {t.exportCsv}
    </Menu>
  );
}
