import type { FuzzReport } from '@causeway/testkit/fuzz';

const COLUMNS: readonly [string, (report: FuzzReport) => string][] = [
  ['target', ({ target }) => target],
  ['inputs', ({ inputs }) => inputs.toLocaleString('en')],
  ['per second', ({ inputs, durationMs }) => Math.round((inputs * 1000) / durationMs).toLocaleString('en')],
  ['slowest ms', ({ slowestMs }) => slowestMs.toFixed(2)],
  ['samples found', ({ corpusGrowth }) => corpusGrowth.toLocaleString('en')],
  ['heap +KiB', ({ heapGrowthBytes }) => Math.round(heapGrowthBytes / 1024).toLocaleString('en')],
  ['findings', ({ findings }) => String(findings.length)],
];
const WIDTHS = [24, 12, 12, 12, 14, 12, 9];

export const FUZZ_TABLE_HEAD = row(COLUMNS.map(([title]) => title));

export function fuzzTableRow(report: FuzzReport): string {
  return row(COLUMNS.map(([, cell]) => cell(report)));
}

function row(cells: readonly string[]): string {
  return cells.map((cell, column) => (column === 0 ? cell.padEnd(WIDTHS[0] ?? 0) : cell.padStart(WIDTHS[column] ?? 0))).join('');
}
