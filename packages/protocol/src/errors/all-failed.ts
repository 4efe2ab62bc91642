import type { FailedItem } from './failed-item.ts';
import { SfuError } from './sfu-error.ts';

const NOUNS = { tracks: 'tracks', dataChannels: 'data channels' } as const;

/**
 * The batch rule: one item that succeeded makes the call a success; if all failed, the call fails with their common code, or with
 * `multiple_errors`, and carries the items.
 *
 * @param list field of the reply that the items are in
 * @returns undefined if the list is empty or at least one item succeeded
 */
export function allFailedError(items: readonly FailedItem[], list: 'tracks' | 'dataChannels' = 'tracks'): SfuError | undefined {
  const [first] = items;
  if (first?.errorCode === undefined || items.some((item) => item.errorCode === undefined)) return undefined;
  if (items.some((item) => item.errorCode !== first.errorCode)) {
    return new SfuError('multiple_errors', `all ${items.length} ${NOUNS[list]} failed, for different reasons; see ${list}`, {
      [list]: items,
    });
  }
  const others = items.length === 1 ? '' : ` (and ${items.length - 1} more failed likewise)`;
  return new SfuError(first.errorCode, `${first.errorDescription ?? first.errorCode}${others}`, { [list]: items });
}
