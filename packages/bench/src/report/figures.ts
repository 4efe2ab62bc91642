/** How figures are written in reports. */
import { type Spread, spreadOf } from '../measure/statistics.ts';

/** `7.1 (6.8-7.5)`: the median and, when there is more than one sample, the range. */
export function formatSpread(samples: readonly number[], decimals: number): string {
  if (samples.length === 0) return '-';
  const spread: Spread = spreadOf(samples);
  const median = spread.median.toFixed(decimals);
  return samples.length === 1 ? median : `${median} (${spread.lowest.toFixed(decimals)}-${spread.highest.toFixed(decimals)})`;
}

export function formatKilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0)} kB`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}
