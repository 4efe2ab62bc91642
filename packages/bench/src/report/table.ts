import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** Where results go, and separately the progress. */
export interface Printer {
  readonly print: (text: string) => void;
  readonly note: (text: string) => void;
}

/** Lays out rows as a Markdown table, which is as readable in a terminal as in the documentation. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)));
  const formatRow = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => alignCell(cells[column] ?? '', width, column)).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? `${'-'.repeat(width + 2)}` : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [formatRow(headings), rule, ...rows.map(formatRow)].join('\n');
}

/** Aligns names to the left and figures to the right. */
function alignCell(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/**
 * Returns one line about the machine that the figures were measured on. They mean little on another machine, and less on a busy one; the
 * load average is that of the last minute before the bench.
 */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memoryGib = (totalmem() / 2 ** 30).toFixed(0);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `Node ${process.version}, ${availableParallelism()} cores of ${model}, ${memoryGib} GiB, ${type()} ${release()}, load average ${load}`;
}
