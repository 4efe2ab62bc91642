/** The form of figures in reports. */
import { quotientOfTotals, type Spread, spreadOf, total } from '../measure/statistics.ts';

/** Writes the median and, if there is more than one sample, the range: `7.1 (6.8-7.5)`. */
export function formatSpread(samples: readonly number[], decimals: number): string {
  if (samples.length === 0) return '-';
  const spread: Spread = spreadOf(samples);
  const median = spread.median.toFixed(decimals);
  return samples.length === 1 ? median : `${median} (${spread.lowest.toFixed(decimals)}-${spread.highest.toFixed(decimals)})`;
}

/**
 * Compares one difference between processes with another: `1.3 (1.1-1.6)`. The first figure is the quotient over all rounds, since that of
 * a single round says little, and the others are the range of the single ones.
 */
export function formatQuotient(dividends: readonly number[], divisors: readonly number[]): string {
  const ofEach = spreadOf(dividends.map((dividend, round) => dividend / (divisors[round] ?? Number.NaN)));
  const quotient = quotientOfTotals(dividends, divisors).toFixed(2);
  return dividends.length === 1 ? quotient : `${quotient} (${ofEach.lowest.toFixed(2)}-${ofEach.highest.toFixed(2)})`;
}

/** Writes the share of a core that processes on it used together. If that is nearly all, packets queue up, and many at once are cheaper. */
export function formatCoreShare(cpuMicros: readonly number[], wallMs: number): string {
  return `${(total(cpuMicros) / (10 * wallMs)).toFixed(0)}%`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}
