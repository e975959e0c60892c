import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { Picture } from "./page-icon.tsx";

export interface Column<Row> {
  readonly id: string;
  readonly label: string;
  readonly isNumber?: boolean;
  /** Its values stay in one line: ids and dates. */
  readonly isWhole?: boolean;
  /** What the column sorts by; without it the column does not sort. Null comes last. */
  readonly sortBy?: (row: Row) => number | string | null;
  readonly cell: (row: Row) => ComponentChildren;
}

interface DataTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Attributes of a row, such as its test id. */
  readonly mark?: (row: Row) => Readonly<Record<string, string>>;
  /** Its few short columns fit a phone too. */
  readonly isSmall?: boolean;
  /** What it is sorted by at first; else the rows' own order. */
  readonly order?: Order;
}

interface Order {
  readonly column: string;
  readonly isDown: boolean;
}

function inOrder<Row>(rows: readonly Row[], sortBy: Column<Row>["sortBy"], isDown: boolean): readonly Row[] {
  if (!sortBy) return rows;
  const sign = isDown ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [one, other] = [sortBy(a), sortBy(b)];
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    return sign * (typeof one === "string" ? one.localeCompare(String(other)) : one - Number(other));
  });
}

/** Show rows as a table, and where its columns have no room as a list of names and values. A click on a column's name sorts by it, a second one the other way. */
export function DataTable<Row>({ label, columns, rows, keyOf, mark, isSmall, order: first }: DataTableProps<Row>) {
  const [order, setOrder] = useState<Order | null>(first ?? null);
  const sorting = columns.find(({ id }) => id === order?.column);
  const sort = ({ id, isNumber = false }: Column<Row>): void =>
    setOrder((last) => ({ column: id, isDown: last?.column === id ? !last.isDown : isNumber }));
  return (
    <div class={isSmall ? "wl-data-box wl-data-few" : "wl-data-box"} tabIndex={0} role="group" aria-label={label}>
      <table class="wl-data">
        <thead>
          <tr>
            {columns.map((column) =>
              // A column of buttons has no name.
              column.label === "" ? (
                <td key={column.id} />
              ) : (
                <th
                  key={column.id}
                  scope="col"
                  class={column.isNumber ? "wl-right" : undefined}
                  aria-sort={order?.column === column.id ? (order.isDown ? "descending" : "ascending") : undefined}
                >
                  {column.sortBy ? (
                    <button type="button" class="wl-data-sort" onClick={() => sort(column)}>
                      {column.label}
                      {order?.column === column.id && <Picture name={order.isDown ? "down" : "up"} small />}
                    </button>
                  ) : (
                    column.label
                  )}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {inOrder(rows, sorting?.sortBy, order?.isDown ?? false).map((row) => (
            <tr key={keyOf(row)} {...mark?.(row)}>
              {columns.map((column) => (
                <td
                  key={column.id}
                  class={column.isNumber ? "wl-right" : column.isWhole ? "wl-whole" : undefined}
                  data-label={column.label || undefined}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
