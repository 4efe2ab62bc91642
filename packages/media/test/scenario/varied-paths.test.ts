/** Paths that are never quite the same, or fall silent for a while: a viewer is sent what fits, and is not sent to and fro between layers. */
import { seededRandom } from '@causeway/testkit';
import { framesPerSecond, longestGapMs, NarrowCall, SEEDS, SIZE } from './narrow-call.ts';

/** A minute where there is time for it, as in `scripts/paths`. */
const WATCHED_MS = process.env.SEEDS === undefined ? 25_000 : 60_000;
const SETTLING_MS = 10_000;

describe.each(SEEDS)('seed %d', (seed) => {
  test('a path that varies by a tenth is used as well as it can be, and layers are not switched for it', () => {
    const random = seededRandom(1000 + seed);
    const rateBps = () => 1_300_000 * (0.9 + 0.2 * random());
    const steps = Array.from({ length: 160 }, (_, index) => ({ fromMs: 500 * index, rateBps: rateBps() }));
    const call = new NarrowCall(seed, steps, SETTLING_MS + WATCHED_MS);
    const shown = call.watch();
    call.runFor(SETTLING_MS);
    const fromMs = call.world.nowMs;

    call.runFor(WATCHED_MS);

    const frames = shown.filter(({ atMs }) => atMs >= fromMs);
    const best = frames.filter(({ payloadBytes }) => payloadBytes === SIZE.h);
    const switches = call.world.changes.filter(({ atMs, event }) => event.type === 'layer-changed' && atMs >= fromMs);
    expect(best.length / frames.length).toBeGreaterThan(0.95);
    expect(framesPerSecond(shown, fromMs, call.world.nowMs)).toBeGreaterThan(28);
    expect(switches.length).toBeLessThanOrEqual(1);
  });

  test.each([1, 3, 10])('after %d seconds without a path the picture moves again as soon', (seconds) => {
    const call = new NarrowCall(
      seed,
      [
        { fromMs: 0, rateBps: 4_000_000 },
        { fromMs: 6000, rateBps: 0 },
        { fromMs: 6000 + 1000 * seconds, rateBps: 4_000_000 },
      ],
      30_000,
    );
    const shown = call.watch();
    const beganMs = call.world.nowMs;
    call.runFor(6000 + 1000 * seconds + 6000);
    const backMs = beganMs + 6000 + 1000 * seconds;

    const withinMs = 1000 * Math.min(seconds, 3);
    expect(longestGapMs(shown, backMs + withinMs - 100, backMs + 6000)).toBeLessThan(500);
    expect(framesPerSecond(shown, backMs + withinMs, backMs + 6000)).toBeGreaterThan(25);
  });
});
