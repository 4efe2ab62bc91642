/** Builds the queries for usage, and converts the rows of replies for charts. */
import type { UsageReply, UsageRow } from '@causeway/protocol';
import type { ByteReading } from './received-bytes.ts';

/** The ranges that can be chosen. */
export const USAGE_RANGES = ['This month by day', 'Last 24 hours by hour'] as const;
export type UsageRange = (typeof USAGE_RANGES)[number];

const HOUR_MS = 3_600_000;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const HOURS_SHOWN = 24;
const MS_PER_SECOND = 1_000;

/** The query of `GET /apps/:app_id/usage` for a range. @param nowMs milliseconds since 1970 */
export function usageQueryText(range: UsageRange, nowMs: number): string {
  if (range === 'This month by day') return 'by=day';
  const from = new Date(nowMs - (nowMs % HOUR_MS) - (HOURS_SHOWN - 1) * HOUR_MS);
  return `by=hour&from=${encodeURIComponent(from.toISOString())}`;
}

/** Returns one bar for each row, at the start of its hour or day. */
export function barsOf(rows: readonly UsageRow[]): readonly ByteReading[] {
  return rows.map(({ start, billed }) => ({ atSeconds: Date.parse(start) / MS_PER_SECOND, totalBytes: billed }));
}

/** The range of a bar chart in seconds since 1970, and the time span of one bar. */
export interface BarSpan {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly stepSeconds: number;
}

/** Returns the whole hours or days of a reply, including unfinished ones. */
export function spanOf({ from, to, by }: Pick<UsageReply, 'from' | 'to' | 'by'>): BarSpan {
  const stepSeconds = by === 'hour' ? HOUR_SECONDS : DAY_SECONDS;
  const steps = (time: string): number => Date.parse(time) / MS_PER_SECOND / stepSeconds;
  return { fromSeconds: Math.floor(steps(from)) * stepSeconds, toSeconds: Math.ceil(steps(to)) * stepSeconds, stepSeconds };
}
