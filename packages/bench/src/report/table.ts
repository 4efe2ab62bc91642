/** Lays out rows as a Markdown table, which is as readable in a terminal as in the documentation. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)));
  const formatRow = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => alignCell(cells[column] ?? '', width, column)).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? `${'-'.repeat(width + 2)}` : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [formatRow(headings), rule, ...rows.map(formatRow)].join('\n');
}

/** Names to the left, figures to the right. */
function alignCell(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
