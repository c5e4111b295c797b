/** Quiet tables: hairlines, figures right, and on the phone one block a row. */
import type { ReactNode } from "react";

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ReactNode;
  /** Figures stand right; text left. */
  align?: "left" | "right";
  /** Another label for the phone's blocks. */
  label?: string;
}

interface TableProps<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  /** The last row stands under an ink rule. */
  sum?: ReactNode[];
}



const CELL =
  "block border-0 py-0.5 text-right first:text-left first:font-semibold before:float-left before:pr-3 " +
  "before:text-13 before:leading-6 before:text-ink3 before:content-[attr(data-label)] first:before:content-none " +
  "tablet:table-cell tablet:py-[9px] tablet:align-baseline tablet:before:content-none tablet:first:font-normal";

export function Table<Row>({ caption, columns, rows, rowKey, sum }: TableProps<Row>) {
  const side = (column: Column<Row>) =>
    column.align === "right" ? "tablet:pl-4 tablet:text-right tablet:whitespace-nowrap" : "tablet:pr-4 tablet:text-left";
  return (
    <div className="overflow-x-auto">
      <table className="block w-full border-collapse tablet:table">
        <caption className="sr-only">{caption}</caption>
        <thead className="hidden tablet:table-header-group">
          <tr>
            {columns.map((column) => (
              <th
                key={column.title}
                scope="col"
                className={`pb-1.5 align-bottom text-13 font-normal whitespace-nowrap text-ink3 ${column.align === "right" ? "pl-4 text-right" : "pr-4 text-left"}`}
              >
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="block tablet:table-row-group">
          {rows.map((row, index) => (
            <tr
              key={rowKey(row)}
              className={`block border-t py-2.5 tablet:table-row ${index === 0 ? "border-edge" : "border-line"}`}
            >
              {columns.map((column) => (
                <td key={column.title} data-label={column.label ?? column.title} className={`${CELL} ${side(column)}`}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {sum ? (
            <tr className="block border-t border-ink py-2.5 font-semibold tablet:table-row">
              {columns.map((column, index) => (
                <td
                  key={column.title}
                  data-label={column.label ?? column.title}
                  className={`${CELL} tablet:first:font-semibold ${side(column)} ${sum[index] === null ? "hidden" : ""}`}
                >
                  {sum[index]}
                </td>
              ))}
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  );
}

/** The small second line of a cell. */
export function Sub({ children }: { children: ReactNode }) {
  return <span className="block text-13 font-normal text-ink3">{children}</span>;
}
