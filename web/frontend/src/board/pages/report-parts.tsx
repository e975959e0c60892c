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

/** Link to a table of the report as CSV. */
export const CsvLink = ({ t, table, days }: Pick<ReportProps, "t" | "days"> & { readonly table: string }) => (
  <a class="wl-button wl-button-quiet" href={`/api/reports/${table}.csv?days=${days}`} download>
    <Picture name="download" small />
    <span aria-hidden="true">CSV</span>
    <span class="wl-hidden">{t.exportCsv}</span>
  </a>
);
