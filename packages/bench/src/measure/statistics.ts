import { quantile } from '@causeway/loadtest';

/** The median and range of repeated measurements. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** @throws RangeError – there are no samples */
export function spreadOf(samples: readonly number[]): Spread {
  return { median: medianOf(samples), lowest: quantile(samples, 0), highest: quantile(samples, 1) };
}

export function quotientOfTotals(dividends: readonly number[], divisors: readonly number[]): number {
  return total(dividends) / total(divisors);
}

export function total(samples: readonly number[]): number {
  return samples.reduce((sum, sample) => sum + sample, 0);
}

/** Returns the median; for an even number of samples, the mean of the middle two. */
function medianOf(samples: readonly number[]): number {
  const lower = quantile(samples, 0.5);
  const upper = -quantile(
    samples.map((sample) => -sample),
    0.5,
  );
  return (lower + upper) / 2;
}
