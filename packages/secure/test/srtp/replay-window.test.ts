import fc from 'fast-check';
import { REPLAY_WINDOW_PACKETS, ReplayWindow } from '../../src/replay-window.ts';

describe('a replay window', () => {
  test('agrees with a list of everything received, whatever the order and the gaps', () => {
    const { max } = Math;
    const step = fc.oneof(
      fc.integer({ min: -1_030, max: 8 }),
      fc.constantFrom(1, 2, REPLAY_WINDOW_PACKETS - 1, REPLAY_WINDOW_PACKETS, REPLAY_WINDOW_PACKETS + 1, 5_000),
    );
    fc.assert(
      fc.property(fc.constantFrom(0, 65_500, 2 ** 31 - 500, 2 ** 47), fc.array(step, { minLength: 1, maxLength: 200 }), (first, steps) => {
        const window = new ReplayWindow();
        const received = new Set<number>();
        let highest = -1;
        for (const distance of steps) {
          const index = max(0, (highest < 0 ? first : highest) + distance);
          const isOld = index <= highest && (received.has(index) || index <= highest - REPLAY_WINDOW_PACKETS);
          expect(window.isReplay(index)).toBe(isOld);
          if (isOld) continue;
          window.accept(index);
          received.add(index);
          highest = max(highest, index);
          expect(window.highest).toBe(highest);
        }
      }),
      { seed: 12, numRuns: 300 },
    );
  });

  test('forgets all that it had under the numbers that a gap skips, the first of them included', () => {
    for (const skipped of [1, 2, 31, 32, 33, REPLAY_WINDOW_PACKETS - 1, REPLAY_WINDOW_PACKETS, REPLAY_WINDOW_PACKETS + 1]) {
      const window = new ReplayWindow();
      for (let index = 0; index < REPLAY_WINDOW_PACKETS; index++) window.accept(index);
      const newest = REPLAY_WINDOW_PACKETS + skipped;

      window.accept(newest);

      const oldest = newest - REPLAY_WINDOW_PACKETS + 1;
      const missing = Array.from({ length: newest - oldest }, (_, i) => oldest + i).filter((index) => !window.isReplay(index));
      const expected = Array.from({ length: skipped }, (_, i) => REPLAY_WINDOW_PACKETS + i).filter((index) => index >= oldest);
      expect({ skipped, missing }).toEqual({ skipped, missing: expected });
    }
  });

  test('takes everything up to a floor for received, and the first number above it for new', () => {
    for (const floor of [0, 7, 100_000]) {
      const window = new ReplayWindow(floor);

      expect(window.highest).toBe(floor);
      expect([floor, Math.max(0, floor - 1), Math.max(0, floor - REPLAY_WINDOW_PACKETS)].map((index) => window.isReplay(index))).toEqual([
        true,
        true,
        true,
      ]);
      expect(window.isReplay(floor + 1)).toBe(false);
    }
  });

  test('before the first packet calls none received, number 0 included', () => {
    expect(new ReplayWindow().isReplay(0)).toBe(false);
  });
});
