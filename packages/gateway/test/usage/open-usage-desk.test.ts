import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { pruneUsageHourly } from '../../src/usage/open-usage-desk.ts';

const START_MS = Date.UTC(2026, 11, 1, 10, 30);
const DAY_MS = 86_400_000;

test('what is older than it is to be kept is removed piece by piece, by whole hours, and looked for every hour', async () => {
  const clock = new VirtualClock(START_MS);
  const asked: { readonly atMs: number; readonly beforeMs: number }[] = [];
  const left = [2_000, 7];
  const books = {
    async pruneUsage(beforeMs: number) {
      asked.push({ atMs: clock.wallClockMs() - START_MS, beforeMs });
      if (asked.length === 4) throw new Error('away');
      return left.shift() ?? 0;
    },
  };
  const stop = pruneUsageHourly({ books, keptDays: 400, clock, wallClockMs: () => clock.wallClockMs() });

  await clock.advance(3 * 3_600_000);
  stop();
  await clock.advance(3_600_000);

  expect(asked.map(({ atMs }) => atMs)).toEqual([60_000, 60_250, 60_500, 3_660_500, 7_260_500]);
  expect(asked[0]?.beforeMs).toBe(Date.UTC(2026, 11, 1, 10) - 400 * DAY_MS);
});
