/** Rows for people: columns as wide as their widest cell, null as `-`, nothing in a cell that a terminal would obey. */
import { oneLine } from './terminal.js';

export type Cell = string | number | null;

/** Lines of the table, the names of the columns first; none without rows. */
export function textTable(columns: readonly string[], rows: readonly (readonly Cell[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const table = [columns, ...rows.map((row) => row.map((cell) => (cell === null ? '-' : oneLine(String(cell)))))];
  const widths = columns.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
