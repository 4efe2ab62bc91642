import { Timers } from '../../src/timers.ts';
import { LinkBeat } from '../../src/transport/link-beat.ts';

/** 2026, and a tenth of a second into a beat. */
const WALL_CLOCK_MS = 1_780_000_000_100;

/** The beat of a process that has run for some time, and the next instants by the wall clock. */
function beatOf(links: number, uptimeMs: number) {
  const wallClockOffsetMs = WALL_CLOCK_MS - uptimeMs;
  const beat = new LinkBeat(new Timers(wallClockOffsetMs));
  for (let each = 0; each < links; each++) beat.join();
  const waitMs = (key: number, beats = 1) => beat.next(uptimeMs, key, beats) - uptimeMs;
  return { beat, waitMs };
}

describe('the instants at which a link is checked', () => {
  test('are the same by the wall clock, however long a process has run', () => {
    const young = beatOf(5, 1_234.5);
    const old = beatOf(5, 86_400_077.25);

    expect(young.waitMs(1)).toBeCloseTo(150, 1);
    expect(old.waitMs(1)).toBeCloseTo(150, 1);
    expect(old.waitMs(1, 2)).toBeCloseTo(400, 1);
  });

  test('are the same for all links of a node that has few', () => {
    const { waitMs } = beatOf(24, 1000);

    const waits = new Set(Array.from({ length: 24 }, (_, key) => Math.round(waitMs(key))));

    expect(waits.size).toBe(1);
  });

  test('are spread for a node that has many, by a key that both ends know', () => {
    const here = beatOf(100, 1000);
    const there = beatOf(100, 777_777);

    const waits = Array.from({ length: 100 }, (_, key) => [Math.round(here.waitMs(key)), Math.round(there.waitMs(key))]);

    expect(new Set(waits.map(([wait]) => wait))).toEqual(new Set([150, 200, 250, 50, 100]));
    for (const [one, other] of waits) expect(one).toBe(other);
  });

  test('come together again once a node has fewer links', () => {
    const { beat, waitMs } = beatOf(25, 1000);
    const before = Math.abs(waitMs(0) - waitMs(1));

    beat.leave();

    expect(before).toBeCloseTo(125, 1);
    expect(waitMs(0)).toBe(waitMs(1));
  });

  test('lie ahead even of a timer that fires exactly at one', () => {
    const beat = new LinkBeat(new Timers());

    expect(beat.next(500, 0, 1)).toBe(750);
    expect(beat.next(500, 0, 2)).toBe(1000);
    expect(beat.next(506, 0, 1)).toBe(750);
  });
});
