/**
 * The sample that the given share of all samples does not exceed (nearest rank).
 *
 * @param share 0 … 1
 * @throws RangeError – when there are no samples
 */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const value = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1];
  if (value === undefined) throw new RangeError('No samples were taken');
  return value;
}
