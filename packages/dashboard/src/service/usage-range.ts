/** Which usage a page asks for, and how its rows go into a chart. */
import type { UsageRow } from '@causeway/protocol';
import type { ByteReading } from './received-bytes.ts';

/** The ranges that can be chosen. */
export const USAGE_RANGES = ['This month by day', 'Last 24 hours by hour'] as const;
export type UsageRange = (typeof USAGE_RANGES)[number];

const HOUR_MS = 3_600_000;
const HOURS_SHOWN = 24;
const MS_PER_SECOND = 1_000;

/** The query of `GET /apps/:app_id/usage` for a range. @param nowMs milliseconds since 1970 */
export function usageQueryText(range: UsageRange, nowMs: number): string {
  if (range === 'This month by day') return 'by=day';
  const from = new Date(nowMs - (nowMs % HOUR_MS) - (HOURS_SHOWN - 1) * HOUR_MS);
  return `by=hour&from=${encodeURIComponent(from.toISOString())}`;
}

/** One bar for each row, where its hour or day begins. */
export function barsOf(rows: readonly UsageRow[]): readonly ByteReading[] {
  return rows.map(({ start, billed }) => ({ atSeconds: Date.parse(start) / MS_PER_SECOND, totalBytes: billed }));
}
