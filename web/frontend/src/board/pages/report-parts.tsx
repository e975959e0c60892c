import type { Report } from "../../link/desk-api.ts";
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

interface CsvLinkProps extends Pick<ReportProps, "board" | "t" | "days"> {
  readonly table: string;
  readonly title: string;
}

/** Link to a table of the report as CSV. */
export const CsvLink = ({ board, t, table, title, days }: CsvLinkProps) => (
  <a
    class="wl-button wl-button-quiet"
    href={`${board.config.api}/api/reports/${table}.csv?days=${days}`}
    aria-label={t.exportCsv(title)}
    download
  >
    <Picture name="download" small />
    CSV
  </a>
);
