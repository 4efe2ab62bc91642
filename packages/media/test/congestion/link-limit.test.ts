import { seededRandom } from '@causeway/testkit';
import { LinkLimit } from '../../src/congestion/link-limit.ts';

const REPORT_MS = 50;

/** Reports on a stream of packets, of which each is lost by chance. @returns after how long the limit has shown; undefined if it has not */
function shownAfterMs(options: { readonly seed: number; readonly lossRatio: number; readonly queueMs?: (atMs: number) => number }) {
  const random = seededRandom(options.seed);
  const limit = new LinkLimit();
  for (let atMs = 0; atMs < 60_000; atMs += REPORT_MS) {
    const lost = Array.from({ length: 10 }, random).filter((drawn) => drawn < options.lossRatio).length;
    limit.note(atMs, 10 - lost, lost, options.queueMs?.(atMs) ?? 0);
    if (limit.isShown) return atMs;
  }
  return undefined;
}

describe.each([1, 2, 3, 4, 5])('a link, seed %i', (seed) => {
  test.each([0, 0.02, 0.05, 0.08])('that loses %d of its packets by chance has shown no limit', (lossRatio) => {
    expect(shownAfterMs({ seed, lossRatio })).toBeUndefined();
  });

  test.each([
    [0.5, 500],
    [0.3, 1500],
  ])('that loses %d of its packets shows it within %i ms', (lossRatio, withinMs) => {
    expect(shownAfterMs({ seed, lossRatio })).toBeLessThan(withinMs);
  });
});

test('a queue that stands on a link shows its limit before anything is lost', () => {
  expect(shownAfterMs({ seed: 1, lossRatio: 0, queueMs: (atMs) => (atMs < 1000 ? 20 : 180) })).toBe(1300);
});

test('a node that stands still for a moment, a longer route and jitter are no limit', () => {
  const queueMs = (atMs: number) => (atMs % 10_000 < 200 ? 400 : 60 + (atMs % 70));

  expect(shownAfterMs({ seed: 1, lossRatio: 0, queueMs })).toBeUndefined();
});
