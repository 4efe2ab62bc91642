import type { UsageRow } from '@causeway/protocol';
import { barsOf, spanOf, usageQueryText } from '../../src/service/usage-range.ts';

test('queries the month by day, and the last 24 hours by hour, including the current one', () => {
  const nowMs = Date.UTC(2026, 11, 1, 13, 25);

  expect(usageQueryText('This month by day', nowMs)).toBe('by=day');
  expect(usageQueryText('Last 24 hours by hour', nowMs)).toBe('by=hour&from=2026-11-30T14%3A00%3A00.000Z');
});

test('draws the billed bytes of each row as one bar', () => {
  const rows = [{ start: '2026-12-01T13:00:00.000Z', billed: 7, down: 5, data: 2 }] as unknown as UsageRow[];

  expect(barsOf(rows)).toEqual([{ atSeconds: Date.UTC(2026, 11, 1, 13) / 1_000, totalBytes: 7 }]);
});

test('covers whole days or hours, so that a bar of today is as wide as a day', () => {
  const [from, to] = ['2026-12-01T00:00:00.000Z', '2026-12-02T14:00:00.000Z'];
  const seconds = (day: number, hour = 0): number => Date.UTC(2026, 11, day, hour) / 1_000;

  expect(spanOf({ from, to, by: 'day' })).toEqual({ fromSeconds: seconds(1), toSeconds: seconds(3), stepSeconds: 86_400 });
  expect(spanOf({ from, to, by: 'hour' })).toEqual({ fromSeconds: seconds(1), toSeconds: seconds(2, 14), stepSeconds: 3_600 });
});
