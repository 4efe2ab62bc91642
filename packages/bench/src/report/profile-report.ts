import type { SelfTime } from '../profile/self-time.ts';
import { formatTable } from './table.ts';

export function formatSelfTimes(selfTimes: readonly SelfTime[]): string {
  const rows = selfTimes.map(({ where, micros, share }) => [where, `${(micros / 1000).toFixed(1)}`, `${(100 * share).toFixed(1)}%`]);
  return formatTable(['function', 'self ms', 'of busy time'], rows);
}
