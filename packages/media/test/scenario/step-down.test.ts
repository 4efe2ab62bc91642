/** A path narrows below the layer that is sent, to a viewer that asks for every packet that it misses, as browsers do. */
import { firstMs, longestGapMs, NarrowCall, SEEDS, SIZE } from './narrow-call.ts';

const RTX_SSRC = 71;
const ORIGINAL_NUMBER_LENGTH = 2;
/** The best layer falls short of all of these, and the middle one fits the last. */
const NARROW_KBPS = [350, 500, 800];

function stepDown(seed: number, kbps: number, answersForAllLayers: boolean) {
  // The moment within a frame and between two reports varies with the seed.
  const afterMs = 5000 + 7 * seed;
  const call = new NarrowCall(seed, [
    { fromMs: 0, rateBps: 4_000_000 },
    { fromMs: afterMs, rateBps: 1000 * kbps },
  ]);
  call.simulcast.answersForAllLayers = answersForAllLayers;
  call.watch();
  const shown = call.viewer.watchRepaired(70, RTX_SSRC);
  const narrowMs = call.world.nowMs + afterMs;
  call.runFor(9000);
  return { call, shown, narrowMs };
}

describe.each(SEEDS)('seed %d', (seed) => {
  describe.each(NARROW_KBPS)('over %d kbit/s', (kbps) => {
    test.each([false, true])('the lower layer soon moves (keyframes of all layers: %s)', (answersForAllLayers) => {
      const { call, shown, narrowMs } = stepDown(seed, kbps, answersForAllLayers);

      const before = shown.filter(({ atMs }) => atMs < narrowMs).at(-1);
      const lowerMs = Math.min(firstMs(shown, narrowMs, SIZE.q), firstMs(shown, narrowMs, SIZE.h));
      const repairs = call.bob.received.filter(
        ({ ssrc, payload }) => ssrc === RTX_SSRC && payload.length === SIZE.f + ORIGINAL_NUMBER_LENGTH,
      );
      const late = repairs.filter(({ atMs }) => atMs > narrowMs + lowerMs && atMs < narrowMs + lowerMs + 1000);
      expect(before?.payloadBytes).toBe(SIZE.f);
      expect(lowerMs).toBeLessThan(1200);
      expect(longestGapMs(shown, narrowMs, narrowMs + 3000)).toBeLessThan(800);
      expect(late).toEqual([]);
    });
  });
});
