import { CrossingPace } from '../../src/shard/neighbour.ts';

/** Notes `perMs` packets in each of so many milliseconds. @returns whether to look again after the last of them */
function run(pace: CrossingPace, fromMs: number, toMs: number, perMs: number): boolean {
  let shouldLook = false;
  for (let nowMs = fromMs; nowMs < toMs; nowMs++) shouldLook = pace.note(nowMs, perMs);
  return shouldLook;
}

describe('CrossingPace', () => {
  test('does not look for packets that come one by one', () => {
    const pace = new CrossingPace();

    const looks = Array.from({ length: 100 }, (_, index) => pace.note(index * 4, 1));

    expect(looks).not.toContain(true);
  });

  test('looks once there are many, and no more when they have become few', () => {
    const pace = new CrossingPace();

    expect(run(pace, 0, 40, 5)).toBe(true);
    expect(run(pace, 40, 44, 0)).toBe(true);
    expect(run(pace, 44, 72, 0)).toBe(false);
  });

  test('keeps polling while the rate fluctuates around the threshold', () => {
    const pace = new CrossingPace();
    run(pace, 0, 40, 1);

    const looks = Array.from({ length: 100 }, (_, index) => pace.note(40 + index * 4, index % 8 < 4 ? 1 : 3));

    expect(looks).not.toContain(false);
  });

  test('ignores a burst of long ago', () => {
    const pace = new CrossingPace();
    run(pace, 0, 40, 50);

    expect(pace.note(10_000, 1)).toBe(false);
  });

  test('knows nothing yet of the first packets', () => {
    expect(new CrossingPace().note(0, 500)).toBe(false);
  });
});
