import { latestMs } from '../../src/scenarios/frame-lateness.ts';

const TICKS_PER_MS = 90;

test('the slowest frame is held against the quickest, across a wrap of the timestamps', () => {
  const firstTimestamp = 2 ** 32 - 75 * TICKS_PER_MS;
  const madeAtMs = [0, 50, 100, 150];
  const completeAtMs = [1_040, 1_070, 1_270, 1_190];

  const frames = madeAtMs.map((ms, index) => ({
    rtpTimestamp: (firstTimestamp + ms * TICKS_PER_MS) % 2 ** 32,
    completeAtMs: completeAtMs[index] ?? 0,
  }));

  expect(latestMs(frames)).toBe(150);
});

test('a camera that makes no frame for a while makes none late', () => {
  const frames = [0, 50, 600, 650].map((ms) => ({ rtpTimestamp: ms * TICKS_PER_MS, completeAtMs: 40 + ms }));

  expect(latestMs(frames)).toBe(0);
});

test('where no frame came, all are late', () => {
  expect(latestMs([])).toBe(Number.POSITIVE_INFINITY);
});
