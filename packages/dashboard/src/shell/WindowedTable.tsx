import { type ReactNode, type UIEvent, useState } from 'react';

/** As the styles have it. */
const ROW_PIXELS = 41;
/** Rows above and below what is seen, so that a quick scroll finds them drawn. */
const MARGIN_ROWS = 20;
/** The window moves by so many rows at once: React has work once in a while, and not with each pixel. */
const STEP_ROWS = 10;
const ROWS_IN_SIGHT = 40;

interface WindowedTableProps {
  readonly label: string;
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** Draws the cells of one row. */
  readonly keyOf: (row: number) => string;
  readonly cellsOf: (row: number) => ReactNode;
}

/** A table of which only the rows in sight are drawn, however many there are. Screen readers are told of all. */
export function WindowedTable({ label, columns, rowCount, keyOf, cellsOf }: WindowedTableProps) {
  const [top, setTop] = useState(0);
  const first = Math.max(0, Math.min(top - MARGIN_ROWS, rowCount - ROWS_IN_SIGHT));
  const last = Math.min(rowCount, top + ROWS_IN_SIGHT + MARGIN_ROWS);
  const scroll = ({ currentTarget }: UIEvent<HTMLElement>) => {
    const row = Math.floor(currentTarget.scrollTop / ROW_PIXELS);
    setTop(row - (row % STEP_ROWS));
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="table-box tall" aria-label={label} tabIndex={0} onScroll={scroll}>
      <table className="windowed" aria-rowcount={rowCount + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Space rows={first} columns={columns.length} />
          {Array.from({ length: last - first }, (_, index) => (
            <tr key={keyOf(first + index)} aria-rowindex={first + index + 2}>
              {cellsOf(first + index)}
            </tr>
          ))}
          <Space rows={rowCount - last} columns={columns.length} />
        </tbody>
      </table>
    </section>
  );
}

/** Stands for rows that are not drawn. */
function Space({ rows, columns }: { readonly rows: number; readonly columns: number }) {
  if (rows <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row is not focusable, and this one is none
    <tr className="space" aria-hidden="true" style={{ height: rows * ROW_PIXELS }}>
      <td colSpan={columns} />
    </tr>
  );
}
