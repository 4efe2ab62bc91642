/** What data channels may take of a path beside media. */
import { DataShare } from '../../src/congestion/data-share.ts';

const UPDATE_MS = 50;

/** Data is sent at a steady rate for ten seconds. @returns the share at the end */
function shareAfter(dataBps: number, mediaBps: number | undefined, demandBps: number): number {
  const share = new DataShare();
  for (let nowMs = 0; nowMs < 10_000; nowMs += UPDATE_MS) {
    share.noteSent((dataBps * UPDATE_MS) / 8000);
    share.update(nowMs, mediaBps, demandBps);
  }
  return share.maxBps;
}

test('has no limit on a path that has shown none, or to a peer that watches nothing', () => {
  expect(new DataShare().maxBps).toBe(Number.POSITIVE_INFINITY);
  expect(shareAfter(100_000, undefined, 2_000_000)).toBe(Number.POSITIVE_INFINITY);
  expect(shareAfter(100_000, 500_000, 0)).toBe(Number.POSITIVE_INFINITY);
});

test('is a quarter of what media and data have together, where more is wanted than the path carries', () => {
  expect(shareAfter(100_000, 500_000, 2_000_000)).toBeCloseTo(150_000, -3);
  expect(shareAfter(0, 500_000, 2_000_000)).toBeCloseTo(125_000, -3);
});

test('is all that media leaves, where that is more', () => {
  expect(shareAfter(400_000, 1_600_000, 800_000)).toBeCloseTo(1_000_000, -4);
});

test('is never nothing', () => {
  expect(shareAfter(0, 30_000, 2_000_000)).toBe(30_000);
});
