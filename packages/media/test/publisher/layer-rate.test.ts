import { LayerRate } from '../../src/publisher/layer-cost.ts';

const NO_HEADERS = { packetsReceived: 0, bytesReceived: 1 };

/** Looks at a layer ten times a second while it comes at a rate. @returns the last figure */
function look(rate: LayerRate, fromMs: number, durationMs: number, bps: (atMs: number) => number): number {
  let last = 0;
  for (let atMs = fromMs; atMs < fromMs + durationMs; atMs += 100) {
    last = rate.update(atMs, { ...NO_HEADERS, bitrateBps: () => bps(atMs) });
  }
  return last;
}

test('a keyframe does not make a layer look dearer than it is', () => {
  const rate = new LayerRate();
  look(rate, 0, 5000, () => 500_000);

  expect(look(rate, 5000, 300, () => 1_500_000)).toBeLessThan(620_000);
});

test('a layer that comes back costs what it did before, not what has come of it in its first moment', () => {
  const rate = new LayerRate();
  look(rate, 0, 5000, () => 1_750_000);

  const first = look(rate, 15_000, 500, (atMs) => (atMs - 15_000) * 1000);
  const later = look(rate, 15_500, 10_000, () => 900_000);

  expect(first).toBe(1_750_000);
  expect(later).toBeLessThan(1_000_000);
});
