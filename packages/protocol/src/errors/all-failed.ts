import type { FailedItem } from './failed-item.ts';
import { SfuError } from './sfu-error.ts';

/**
 * The batch rule: one item that succeeded makes the call a success; if all failed, the call fails with their common code, or with
 * `multiple_errors`, and carries the items.
 *
 * @returns undefined if the list is empty or at least one item succeeded
 */
export function allFailedError(items: readonly FailedItem[]): SfuError | undefined {
  const [first] = items;
  if (first?.errorCode === undefined || items.some((item) => item.errorCode === undefined)) return undefined;
  if (items.some((item) => item.errorCode !== first.errorCode)) {
    return new SfuError('multiple_errors', `all ${items.length} tracks failed, for different reasons; see tracks`, { tracks: items });
  }
  const others = items.length === 1 ? '' : ` (and ${items.length - 1} more failed likewise)`;
  return new SfuError(first.errorCode, `${first.errorDescription ?? first.errorCode}${others}`, { tracks: items });
}
