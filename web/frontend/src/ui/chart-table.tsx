/** A chart's figures as a table, and as a file. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import type { Bar, Beside } from "./chart-layout.ts";
import type { ChartTexts } from "./messages.ts";
import { saveText } from "./save-text.ts";

interface ChartTableProps {
  readonly t: ChartTexts;
  readonly title: string;
  readonly bars: readonly Bar[];
  /** A card has it for screen readers only. */
  readonly isCard: boolean;
  readonly beside: Beside | undefined;
  readonly placeLong: (at: number) => string;
  readonly amount: (wh: number, most?: number) => string;
  /** "estimated", "unusual", both or "". */
  readonly noteOf: (bar: Bar) => string;
}

export function ChartTable(props: ChartTableProps) {
  const { t, title, bars, isCard, placeLong, amount, noteOf } = props;
  const beside = __DESK__ ? props.beside : undefined;
  // One number of decimals: marks stand in one line, and what is compared is as exact, as the smaller column needs it.
  const most = __DESK__
    ? Math.min(
        ...[bars.map(({ wh }) => wh), ...(beside ? [beside.wh] : [])].map((column) =>
          Math.max(...column.map((wh) => wh ?? 0)),
        ),
      )
    : undefined;
  const amounts = (column: readonly (number | null)[]): string[] =>
    column.map((wh) => (wh === null ? "" : amount(wh, most)));
  const own = amounts(bars.map(({ wh }) => wh));
  const others = amounts(beside?.wh ?? []);
  const table = (
    <table>
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">{t.period}</th>
          <th scope="col">{t.value}</th>
          {beside && <th scope="col">{beside.short || beside.name}</th>}
        </tr>
      </thead>
      <tbody>
        {bars.map((bar, index) => (
          <tr key={bar.at}>
            <th scope="row">{placeLong(bar.at)}</th>
            {__DESK__ && !isCard ? (
              <td>
                {noteOf(bar) && <span class="wl-chart-note">{`${noteOf(bar)} `}</span>}
                <span>{own[index]}</span>
              </td>
            ) : (
              <td>{[noteOf(bar), own[index]].filter(Boolean).join(" · ")}</td>
            )}
            {beside && <td>{others[index]}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
  if (!__DESK__ || isCard) return <div class="wl-hidden">{table}</div>;
  return (
    <ChartDetails name={t.table} hideName={t.hideTable}>
      {() => (
        <>
          <button type="button" class="wl-link" onClick={() => saveCsv(bars)}>
            {t.csv}
          </button>
          {table}
        </>
      )}
    </ChartDetails>
  );
}

interface ChartDetailsProps {
  readonly name: string;
  /** The name while they are shown. */
  readonly hideName: string;
  readonly children: (isOpen: boolean) => ComponentChildren;
}

/** Show more of a chart, such as its table, when it is asked for. */
export function ChartDetails({ name, hideName, children }: ChartDetailsProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="wl-chart-more" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{isOpen ? hideName : name}</summary>
      {children(isOpen)}
    </details>
  );
}

/** Return the figures as CSV (RFC 4180), times in ISO 8601 UTC. */
export function csvOf(bars: readonly Bar[]): string {
  const rows = bars.map(({ at, to, wh, estimated = 0, usualWh = null, unusual = false }) =>
    [
      new Date(at).toISOString(),
      new Date(to).toISOString(),
      wh,
      Math.round(wh * estimated),
      usualWh ?? "",
      unusual,
    ].join(),
  );
  return ["from,to,wh,estimated_wh,usual_wh,unusual", ...rows, ""].join("\r\n");
}

/** Save the figures as a file. */
export const saveCsv = (bars: readonly Bar[]): void => saveText("consumption.csv", csvOf(bars), "text/csv");
